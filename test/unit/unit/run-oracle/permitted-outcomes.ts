/** Why we refuse what the client takes and an Engine would take, or take what the client refuses. */
export const permittedOutcomes: Readonly<
  Record<string, { readonly reason: string; readonly expected: "we refuse" | "docker refuses" }>
> = {
  "unset-variable": {
    reason: "the client leaves out a variable that nobody sets; here it is a mistake",
    expected: "we refuse",
  },
  "not-read": {
    reason: "the client drops it without a word; what has no effect is an error here",
    expected: "we refuse",
  },
  "no-effect": {
    reason: "it is for who calls the docker command, or the Engine does nothing with it",
    expected: "we refuse",
  },
  kernel: {
    reason: "where the kernel has no block I/O weights, the Engine drops the number before it looks at it",
    expected: "we refuse",
  },
  "pull-policy": {
    reason: "what runs is said by the tag or the digest: images are pulled when they are missing",
    expected: "we refuse",
  },
  overridden: {
    reason: "what the Engine would refuse is a mistake even where a later flag says it again",
    expected: "we refuse",
  },
  "no-such-thing": {
    reason: "the Engine takes it, but there is no such port, protocol, signal, path or empty name",
    expected: "we refuse",
  },
  "count-and-devices": {
    reason:
      "without quotes the client takes the second device for a number of GPUs, which contradict each other",
    expected: "we refuse",
  },
  repository: {
    reason: "a relative path is a file of the repository, which must be there and is read-only",
    expected: "we refuse",
  },
  "old-spelling": {
    reason: "units from before Docker 1.0 and 17.06 are still read, with a warning",
    expected: "docker refuses",
  },
};
