/** What is asked for now and then, rather than told every second: the catalog, saved queries, the history of queries. */
import { QueryClient, useQuery } from '@tanstack/react-query';
import { api, connection } from './client.ts';

export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false, staleTime: 5000 } },
});

/** After a reconnect, what was asked may be of an older engine. */
let wasLost = false;
connection.subscribe(() => {
  const { phase } = connection.get();
  if (phase === 'open' && wasLost) void queryClient.invalidateQueries();
  wasLost = phase === 'lost';
});

export const useCatalog = () =>
  useQuery({
    queryKey: ['catalog'],
    queryFn: ({ signal }) => api.catalog.list.query(undefined, { signal }),
    refetchInterval: 10_000,
  });

export const useSaved = () =>
  useQuery({ queryKey: ['saved'], queryFn: ({ signal }) => api.query.saved.query(undefined, { signal }) });

export const useHistory = (enabled: boolean) =>
  useQuery({ queryKey: ['history'], queryFn: ({ signal }) => api.query.history.query(undefined, { signal }), enabled });
