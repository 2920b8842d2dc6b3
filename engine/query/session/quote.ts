/** Quoting for SQL text that is put together. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** `schema.table` → `"schema"."table"` */
export const quoteTable = (name: string): string => name.split('.').map(quoteName).join('.');
