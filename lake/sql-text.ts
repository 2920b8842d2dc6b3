/** Names and values as SQL text. Everything that reaches DuckDB from outside goes through here. */

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A path for `read_parquet`, which would take `*`, `?` and `[` for wildcards. */
export const quotePattern = (path: string): string => quoteText(path.replace(/[*?[]/g, (wildcard) => `[${wildcard}]`));

export const nameList = (names: readonly string[]): string => names.map(quoteName).join(', ');
