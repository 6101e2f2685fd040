/** Version of the program; `package.json` holds the same. */
export const version = "0.1.0";
