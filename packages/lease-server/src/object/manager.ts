const MAX_BYTES = 128;

/** The field manager of a write: the one that the request names, else what stands before the "/" of its `User-Agent`. */
export function managerOf(fieldManager: string, userAgent: string): string {
  if (fieldManager !== "") return fieldManager;
  let manager = "";
  for (const character of userAgent.split("/", 1)[0] ?? "") {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(manager + character, "utf8") > MAX_BYTES) break;
    manager += character;
  }
  return manager;
}

/** As Go's `unicode.IsPrint`. */
export function isPrintable(character: string): boolean {
  return character === " " || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}
