/** Character codes of JSON's own characters. */
export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
export const LIST = 91;
export const ESCAPE = 92;
export const LIST_END = 93;
export const OBJECT = 123;
export const OBJECT_END = 125;
