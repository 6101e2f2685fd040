/** What templates see: plain data without functions or prototypes, as JSON has it. */
export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly TemplateValue[]
  | { readonly [name: string]: TemplateValue };

export type TemplateMap = { readonly [name: string]: TemplateValue };

/** Own members only: nothing inherited can be reached, whatever a template asks for. */
export function memberOf(value: TemplateValue | undefined, name: string): TemplateValue | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isList(value)) {
    if (name === "length") return value.length;
    return /^(?:0|[1-9]\d{0,8})$/.test(name) ? value[Number(name)] : undefined;
  }
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

export function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

export function isMap(value: TemplateValue | undefined): value is TemplateMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Truth as Handlebars has it: `false`, `0`, `""`, nothing and an empty list are false. */
export function isTruthy(value: TemplateValue | undefined): boolean {
  if (value === undefined || value === null) return false;
  return isList(value) ? value.length > 0 : Boolean(value);
}

export function describeValue(value: TemplateValue | undefined): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  if (isList(value)) return "a list";
  return isMap(value) ? "a mapping" : `a ${typeof value === "string" ? "text" : typeof value}`;
}
