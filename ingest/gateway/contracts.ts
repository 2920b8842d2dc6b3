/** How a line becomes a record: by the contract of its event type, or as any JSON object for a topic of the caller's choice. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { eventContracts } from '../../schemas/index.ts';
import { parseLine } from './lines.ts';
import { Refusal } from './refusal.ts';

export interface Routed {
  readonly topic: string;
  readonly key: Buffer | null;
}

export type Router = (bytes: Buffer, line: number) => Routed;

interface Contract {
  readonly type: string;
  readonly topic: string;
  readonly keyField: string;
  readonly validate: ValidateFunction;
}

/** Events of known types, each checked against its contract. */
export function eventRouter(): Router {
  const ajv = new Ajv({ strict: true, allErrors: false });
  const contracts = new Map<string, Contract>();
  for (const { type, topic, keyField, schema } of eventContracts.values())
    contracts.set(type, { type, topic, keyField, validate: ajv.compile(schema) });
  return (bytes, line) => {
    const event = parseLine(bytes, line);
    const contract = typeof event['type'] === 'string' ? contracts.get(event['type']) : undefined;
    if (contract === undefined) throw unknownType(event['type'], line, [...contracts.keys()]);
    if (!contract.validate(event)) throw brokenContract(contract, contract.validate.errors?.[0], line);
    return { topic: contract.topic, key: keyOf(event[contract.keyField]) };
  };
}

/** Any JSON object, for one topic. The key is the text of `keyField`; without one, or where the object lacks it, there is none. */
export function topicRouter(topic: string, keyField: string | undefined): Router {
  return (bytes, line) => {
    const event = parseLine(bytes, line);
    return { topic, key: keyField === undefined ? null : keyOf(event[keyField]) };
  };
}

function keyOf(value: unknown): Buffer | null {
  if (value === undefined || value === null) return null;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function unknownType(type: unknown, line: number, known: string[]): Refusal {
  const what = type === undefined ? 'has no type' : `has the type ${JSON.stringify(type)}, which no contract describes`;
  return new Refusal(
    400,
    'UNKNOWN_EVENT_TYPE',
    `The event on line ${line} ${what}.`,
    `Known types: ${known.join(', ')}. For anything else, post to /v1/topics/<topic>.`,
    { line },
  );
}

function brokenContract({ topic, type }: Contract, error: ErrorObject | undefined, line: number): Refusal {
  const where = error?.instancePath ? `${error.instancePath.slice(1).replaceAll('/', '.')} ` : '';
  return new Refusal(
    400,
    'CONTRACT_BROKEN',
    `The ${type} event on line ${line} breaks its contract: ${where}${error?.message ?? 'is not valid'}.`,
    `See schemas/events/${type}.json. Nothing of this request was taken.`,
    { line, topic },
  );
}
