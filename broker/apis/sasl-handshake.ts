/** A client chooses how it will authenticate. */
import { ErrorCode } from '../errors.ts';
import { array, int16, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const saslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  flexibleSince: Infinity,
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
  handle(request, { peer, version }) {
    const { authentication } = peer;
    if (authentication === undefined) return { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] };
    const { mechanisms } = authentication.users;
    const isOffered = authentication.begin(request.mechanism, version === 0);
    return { errorCode: isOffered ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms };
  },
  refuse: (_request, errorCode) => ({ errorCode, mechanisms: [] }),
});
