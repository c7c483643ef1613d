/** Returns a copy of plain data that shares nothing with it. */
export function plainCopy<Plain>(plain: Plain): Plain {
  if (typeof plain !== "object" || plain === null) return plain;
  if (Array.isArray(plain)) return plain.map(plainCopy) as Plain;
  const fields = Object.entries(plain).map(([key, field]) => [key, plainCopy(field)] as const);
  return Object.fromEntries(fields) as Plain;
}
