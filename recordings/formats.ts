export const FORMATS = ['parquet', 'arrow'] as const;
export type Format = (typeof FORMATS)[number];

/** Rows of the tables by their file's name. */
export type WrittenTables = Readonly<Record<string, number>>;

/** Of an export. */
export const EXPORT_FORMATS = ['parquet', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
