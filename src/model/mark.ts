/**
 * What a verified hook, an event or a clock says may have changed. It is a hint: the truth is fetched again. Values come
 * from outside and are compared, never used as addresses.
 */
export type Mark =
  /** A branch of a repository moved: `ops/config` or any URL of it; `undefined` where the sender does not tell. */
  | { readonly kind: "branch"; readonly repository?: string; readonly branch: string }
  /** A tag of an image was pushed, `myrepo/web` or `registry.example.com/team/web`, without a tag. */
  | { readonly kind: "image"; readonly image: string; readonly tag: string };
