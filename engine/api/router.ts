/** The typed API: every procedure that engine/contract/inputs.ts lists, over the platform. */
import { initTRPC, TRPCError } from '@trpc/server';
import {
  completeInput,
  exportInput,
  historyInput,
  logsInput,
  nameInput,
  pageInput,
  type PlatformState,
  type Problem,
  processInput,
  queryInput,
  rateInput,
  refreshInput,
  runInput,
  type Sample,
  savedInput,
} from '../contract/index.ts';
import { problemOf, TiffinError } from '../errors.ts';
import type { Platform } from '../platform/index.ts';

export interface ApiContext {
  readonly platform: Platform;
}

const trpc = initTRPC.context<ApiContext>().create({
  /** Each error carries our problem: code, sentence, hint. Never a stack. */
  errorFormatter: ({ shape, error }) => ({
    message: error.message,
    code: shape.code,
    data: {
      code: shape.data.code,
      httpStatus: shape.data.httpStatus,
      path: shape.data.path,
      problem: problemFor(error),
    },
  }),
});

const problemFor = (error: TRPCError): Problem => {
  if (error.cause instanceof TiffinError) return problemOf(error.cause);
  return { code: error.code, message: error.message };
};

/** Failures become the error that tRPC knows, with the same sentence. */
const procedure = trpc.procedure.use(async ({ next }) => {
  const result = await next();
  if (result.ok || result.error.code !== 'INTERNAL_SERVER_ERROR') return result;
  const { code, message, hint } = problemOf(result.error.cause ?? result.error);
  const cause = new TiffinError(code, message, hint, result.error.cause);
  throw new TRPCError({ code: 'UNPROCESSABLE_CONTENT', message, cause });
});

export const appRouter = trpc.router({
  platform: trpc.router({
    state: procedure.query(({ ctx }) => ctx.platform.state()),
    watch: procedure.subscription(async function* ({ ctx, signal }): AsyncGenerator<PlatformState> {
      yield ctx.platform.state();
      for await (const _ of ctx.platform.ticks(signal)) yield ctx.platform.state();
    }),
    graph: procedure.query(({ ctx }) => ctx.platform.graph()),
    logs: procedure.input(logsInput).query(({ ctx, input }) => ctx.platform.logs.list(input)),
  }),
  processes: trpc.router({
    kill: procedure.input(processInput).mutation(({ ctx, input }) => ctx.platform.kill(input.name)),
  }),
  world: trpc.router({
    start: procedure.mutation(({ ctx }) => ctx.platform.world.start()),
    pause: procedure.mutation(({ ctx }) => ctx.platform.world.pause()),
    setRate: procedure.input(rateInput).mutation(({ ctx, input }) => ctx.platform.world.setRate(input.ratePerSecond)),
  }),
  metrics: trpc.router({
    history: procedure.input(historyInput).query(({ ctx, input }) => ctx.platform.samples(input)),
    watch: procedure.subscription(async function* ({ ctx, signal }): AsyncGenerator<Sample> {
      for await (const sample of ctx.platform.ticks(signal)) yield sample;
    }),
  }),
  catalog: trpc.router({ list: procedure.query(({ ctx }) => ctx.platform.catalog()) }),
  query: trpc.router({
    run: procedure.input(runInput).mutation(({ ctx, input }) => ctx.platform.queries.run(input.sql)),
    watch: procedure
      .input(queryInput)
      .subscription(({ ctx, input, signal }) => ctx.platform.queries.watch(input.queryId, signal)),
    page: procedure
      .input(pageInput)
      .query(({ ctx, input }) => ctx.platform.queries.page(input.queryId, input.offset, input.limit)),
    cancel: procedure.input(queryInput).mutation(({ ctx, input }) => ctx.platform.queries.cancel(input.queryId)),
    complete: procedure
      .input(completeInput)
      .query(({ ctx, input }) => ctx.platform.queries.complete(input.sql, input.cursor)),
    history: procedure.query(({ ctx }) => ctx.platform.meta.history()),
    saved: procedure.query(({ ctx }) => ctx.platform.savedQueries()),
    save: procedure.input(savedInput).mutation(({ ctx, input }) => ctx.platform.meta.save(input)),
    remove: procedure.input(nameInput).mutation(({ ctx, input }) => ctx.platform.meta.remove(input.name)),
    export: procedure.input(exportInput).mutation(async ({ ctx, input }) => {
      const { id, fileName, sizeBytes } = await ctx.platform.queries.export(input.queryId, input.format);
      return { url: `/exports/${id}`, fileName, sizeBytes };
    }),
  }),
  audit: trpc.router({ run: procedure.mutation(({ ctx }) => ctx.platform.audit()) }),
  pipeline: trpc.router({
    refresh: procedure.input(refreshInput).mutation(({ ctx, input }) => ctx.platform.refresh(input)),
  }),
});

export type AppRouter = typeof appRouter;
