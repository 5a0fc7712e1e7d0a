export const FORMATS = ['parquet', 'arrow'] as const;
export type Format = (typeof FORMATS)[number];

/** Rows of the tables by their file's name. */
export type WrittenTables = Readonly<Record<string, number>>;
