/**
 * What a shell line may not have, by the word of the shell that it is recognized by, with what to write instead. The
 * documentation is made from it.
 */
export interface ShellRefusal {
  readonly what: string;
  readonly hint: string;
}

const oneCommand = "write one docker run, with nothing but exports and assignments before it";

export const operatorRefusals: Readonly<Record<string, ShellRefusal>> = {
  "|": { what: "a pipe", hint: "remove it: the Engine's log driver keeps what the container writes" },
  "|&": { what: "a pipe", hint: "remove it: the Engine's log driver keeps what the container writes" },
  "||": { what: '"||" before anything but true', hint: oneCommand },
  "&&": { what: '"&&" after anything but an assignment, export or true', hint: oneCommand },
  "&": {
    what: "a command in the background",
    hint: "remove the &: a container always runs in the background",
  },
  ";;": { what: "case", hint: oneCommand },
  "(": { what: "a subshell, a function or an array", hint: oneCommand },
  ")": { what: "a subshell, a function or an array", hint: oneCommand },
  "<": { what: "a redirection", hint: "remove it: a container reads no file of the host; mount it with -v" },
  "<<": { what: "a here document", hint: "put the text into a file of the repository and mount it with -v" },
  ">": { what: "a redirection", hint: "remove it: the Engine's log driver keeps what the container writes" },
};

const condition =
  "remove it: the line must be the same every time; environments of mysysconfig.yaml differ by values";
const loop = "remove the loop: Restart= starts the container again, a timer starts a job again";

/** Reserved words (POSIX, and those that bash adds), where a command could stand. */
export const reservedWords: Readonly<Record<string, ShellRefusal>> = {
  ...rows("if then else elif fi case esac [[ [ test", { what: "a condition", hint: condition }),
  ...rows("for while until do done select in", { what: "a loop", hint: loop }),
  ...rows("{ } function time coproc !", { what: "a group, a function or a negation", hint: oneCommand }),
};

const onHost = "remove it: no command is run on the host; put it into the image, or into a unit of its own";

/** Commands that people write before docker run. */
export const commandRefusals: Readonly<Record<string, ShellRefusal>> = {
  ...rows("sh bash dash ash zsh ksh", {
    what: "a shell in the shell",
    hint: "write its commands themselves",
  }),
  ...rows("eval source .", {
    what: "a script of the host",
    hint: "write Environment= or EnvironmentFile= instead; files of the host are declared under hostFiles in mysysconfig.yaml",
  }),
  ...rows("cd pushd", {
    what: "another working folder",
    hint: "remove it: relative paths count from the unit file",
  }),
  ...rows("sleep wait", { what: "waiting", hint: "remove it: write After= the unit that is waited for" }),
  ...rows("sudo env nohup nice ionice timeout setsid", {
    what: "a program before docker",
    hint: "begin with docker run itself",
  }),
  ...rows("readonly local declare typeset unset read printf getopts trap ulimit umask shift alias let", {
    what: "a command of the shell",
    hint: "export NAME=value and NAME=value are read",
  }),
  ...rows("echo logger", { what: "output", hint: "remove it" }),
  ...rows("exit return", { what: "an end before docker run", hint: "remove it" }),
  etcdctl: {
    what: "a command on the host",
    hint: "remove it: put the value under values in mysysconfig.yaml; services find each other by name",
  },
};

export function commandRefusal(name: string): ShellRefusal {
  const base = name.slice(name.lastIndexOf("/") + 1);
  const known = Object.hasOwn(commandRefusals, base) ? commandRefusals[base] : undefined;
  return known ?? { what: "a command on the host", hint: onHost };
}

const quoteIt = "put it into quotes";

/** What shells make of a word, besides the variables and commands in it. */
export const wordRefusals = {
  glob: { what: "a pattern of files of the host", hint: `${quoteIt} if the characters themselves are meant` },
  brace: { what: "a brace expansion", hint: `${quoteIt}, or write the words themselves` },
  tilde: { what: "the home of a user of the host", hint: "write the path itself" },
  arithmetic: { what: "arithmetic", hint: "write the number itself, or use a value of mysysconfig.yaml" },
  parameter: {
    what: "a form of a variable other than $NAME and ${NAME}",
    hint: "give the variable its value with Environment=NAME=value or export NAME=value",
  },
  special: {
    what: "a variable of the shell's own",
    hint: "write the value itself; $$$$ would be the number of the shell's process",
  },
  dollarQuote: { what: "$'…' and $\"…\"", hint: "write '…' or \"…\"" },
  append: { what: "NAME+= and elements of arrays", hint: "write NAME=value with the whole value" },
  comment: {
    what: "a comment",
    hint: "write it above the directive, on a line of its own that begins with #",
  },
} as const satisfies Readonly<Record<string, ShellRefusal>>;

/** Commands whose output differs from host to host or from run to run, and what stands for them. */
const substitutionHints: readonly (readonly [RegExp, string])[] = [
  [/^(?:\/\S*\/)?hostname(?: -f)?$/, "write %H, the Engine's host name"],
  [/^(?:\/\S*\/)?hostname -s$/, "write %l, the Engine's host name up to its first dot"],
  [
    /^(?:\/\S*\/)?(?:uuidgen|date|mktemp|pwgen|openssl rand)\b|\/random\/uuid/,
    "leave it out: with another value every time the container would be replaced every time; a name is unique anyway",
  ],
];

export function substitutionHint(command: string): string {
  const known = substitutionHints.find(([pattern]) => pattern.test(command))?.[1];
  const table = `give it a value under substitutions in mysysconfig.yaml: ${JSON.stringify(command)}: "…"`;
  return known === undefined ? table : `${known}; or ${table}`;
}

/** What to write for variables that the shell or the login would set. */
export const shellVariables: Readonly<Record<string, string>> = {
  HOSTNAME: "write %H",
  HOST: "write %H",
  HOME: "write the path itself, or %h",
  USER: "write the name itself, or %u",
  LOGNAME: "write the name itself, or %u",
  UID: "write the number itself, or %U",
  PWD: "write the path itself; a relative path counts from the unit file",
  RANDOM: "write a number: with another one every time the container would be replaced every time",
};

function rows(names: string, row: ShellRefusal): Readonly<Record<string, ShellRefusal>> {
  return Object.fromEntries(names.split(" ").map((name) => [name, row]));
}
