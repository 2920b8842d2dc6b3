/** Which topics a request is about, by name, in whichever way its version says so. */
import type { Services } from '../context.ts';
import type { Request } from './requests.ts';

type Known = Pick<Services, 'catalog' | 'fetchSessions'>;

/** Newer versions name topics by id; a fetch within a session need not name them at all. */
export const topicsOf = (request: Request, { catalog, fetchSessions }: Known): ReadonlySet<string> => {
  const names = new Set<string>();
  const add = (name: unknown, id: unknown): void => {
    if (typeof name === 'string' && name !== '') names.add(name);
    else if (typeof id === 'string') names.add(catalog.withId(id)?.name ?? id);
  };
  const walk = (value: unknown): void => {
    if (typeof value === 'string') add(value, undefined);
    else if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
      if ('name' in value || 'topic' in value || 'topicId' in value)
        add('name' in value ? value.name : 'topic' in value ? value.topic : '', 'topicId' in value && value.topicId);
      Object.values(value).filter(Array.isArray).forEach(walk);
    }
  };
  walk(request.body);
  if ('sessionId' in request.body)
    for (const one of fetchSessions.wantedIn(Number(request.body.sessionId))) add(one.topic, one.topicId);
  return names;
};
