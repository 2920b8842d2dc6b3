/** Values of configurations: how those of each type are read and shown, and what they may be. After Kafka's ConfigDef. */
export type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list';

/** What is wrong with a value in its plain form, as the end of a sentence; undefined if nothing is. */
export type Check = (value: string) => string | undefined;

const whole = (text: string, bits: number): string | undefined => {
  if (!/^[+-]?\d{1,30}$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(bits, value) === value ? String(value) : undefined;
};

const fraction = (text: string): string | undefined => {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
};

const trimmedParts = (text: string): string =>
  text
    .split(',')
    .map((one) => one.trim())
    .join(',');

const forms: Record<ConfigType, { readonly name: string; read(text: string): string | undefined }> = {
  boolean: { name: 'true or false', read: (text) => ['true', 'false'].find((one) => one === text.toLowerCase()) },
  string: { name: 'a text', read: (text) => text },
  int: { name: 'a whole number of 32 bits', read: (text) => whole(text, 32) },
  long: { name: 'a whole number of 64 bits', read: (text) => whole(text, 64) },
  double: { name: 'a number', read: fraction },
  list: { name: 'a list', read: trimmedParts },
};

/** The value as it is shown and understood, however it was written: ` TRUE ` is true, 1e-2 is 0.01. */
export const plainValue = (type: ConfigType, text: string): string => forms[type].read(text.trim()) ?? text;

/** What is wrong with a value as it was written, as the end of a sentence; undefined if nothing is. */
export const valueProblem = (type: ConfigType, text: string, check: Check): string | undefined => {
  const value = forms[type].read(text.trim());
  return value === undefined ? `must be ${forms[type].name}` : check(value);
};

/** The parts of a list in its plain form. */
export const listed = (value: string): string[] => (value === '' ? [] : value.split(','));

export const anything: Check = () => undefined;

export const atLeast =
  (min: number): Check =>
  (value) =>
    Number(value) >= min ? undefined : `must be at least ${min}`;

export const between =
  (min: number, max: number): Check =>
  (value) =>
    Number(value) >= min && Number(value) <= max ? undefined : `must be between ${min} and ${max}`;

export const oneOf =
  (...allowed: string[]): Check =>
  (value) =>
    allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`;

export const someOf =
  (...allowed: string[]): Check =>
  (value) =>
    listed(value).every((one) => allowed.includes(one)) ? undefined : `must be of ${allowed.join(', ')}`;

/** Either this value or what another check allows. */
export const or =
  (value: string, check: Check): Check =>
  (given) =>
    given === value ? undefined : check(given);

export const matching =
  (pattern: RegExp, meaning: string): Check =>
  (value) =>
    pattern.test(value) ? undefined : `must be ${meaning}`;
