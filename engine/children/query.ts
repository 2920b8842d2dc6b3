/** Entry point of the query process. */
import { openQuerySession } from '../query/session/index.ts';
import { hostChild } from './host.ts';
import type { QueryRole } from './roles.ts';

hostChild<QueryRole>(async (config, { tell }) => {
  const session = await openQuerySession(config, tell);
  return {
    info: {},
    metrics: () => ({}),
    asks: {
      run: ({ queryId, sql }) => session.run(queryId, sql),
      cancel: ({ queryId }) => session.cancel(queryId),
      page: ({ queryId, offset, limit }) => session.page(queryId, offset, limit),
      complete: ({ sql, cursor }) => session.complete(sql, cursor),
      catalog: () => session.catalog(),
      export: ({ queryId, format, path }) => session.export(queryId, format, path),
      inspect: ({ statements }) => session.inspect(statements),
      compare: ({ oltpPath }) => session.compare(oltpPath),
    },
    stop: () => session.stop(),
  };
});
