/** One step of the exchange that the handshake has begun. */
import { ErrorCode } from '../errors.ts';
import { bytes, int16, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const saslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ nullable: 0 }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ since: 1, default: 0 }),
  },
  handle(request, { peer, services, clientId }) {
    const step = peer.authentication?.step(request.authBytes) ?? { kind: 'not expected' };
    if (step.kind === 'goes on') return { errorCode: ErrorCode.NONE, errorMessage: null, authBytes: step.reply };
    if (step.kind === 'not expected')
      return failed(ErrorCode.ILLEGAL_SASL_STATE, 'SaslHandshake must come before SaslAuthenticate');
    services.log('warn', `The client '${clientId}' at ${peer.host} gave a wrong user or password`);
    return failed(ErrorCode.SASL_AUTHENTICATION_FAILED, 'Authentication failed: invalid credentials');
  },
  refuse: (_request, errorCode) => failed(errorCode, null),
});

const failed = (errorCode: number, errorMessage: string | null) => ({
  errorCode,
  errorMessage,
  authBytes: Buffer.alloc(0),
});
