// Header fields as the wire has them: one flat array, arrival order, latin1 strings, names as sent. Names are compared
// in lower case and only where somebody asks.

/** `[name, value, name, value, …]` */
export type FlatHeaders = readonly string[];

/** The first value of the field, or undefined. `name` in lower case. */
export function headerValue(headers: FlatHeaders, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (isName(headers[i], name)) return headers[i + 1];
  return undefined;
}

/** Every value of the field in order. `name` in lower case. */
export function headerValues(headers: FlatHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) if (isName(headers[i], name)) values.push(headers[i + 1] ?? '');
  return values;
}

/** Whether the field name is `lowerCaseName`, without making a string when the lengths differ. */
function isName(field: string | undefined, lowerCaseName: string): boolean {
  return (
    field !== undefined && field.length === lowerCaseName.length && field.toLowerCase() === lowerCaseName
  );
}
