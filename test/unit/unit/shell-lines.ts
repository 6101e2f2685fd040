/**
 * Lines in the manner of real units (exports before the run, names of instances, values looked up somewhere, prefixes
 * and options of the shell), with what the container must be. `$` and quotes are as in a unit file.
 */
export interface AcceptedLine {
  readonly line: string;
  readonly image?: string;
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
}

/** `Environment=` of the unit around each line. */
export const unitEnvironment =
  'Environment=APP_VERSION=58-develop IMAGE=myrepo/web:58-develop HOST_IP=10.0.0.7 EMPTY=\nEnvironment="FLAGS=-e A=1 -e B=2" "SPACED=one two"\n';

/** What stands for the output of commands. */
export const substitutions: Readonly<Record<string, string>> = {
  uuidgen: "0f3c",
  "etcdctl get /web/version": "58-develop",
  "etcdctl get /services/web/memory": "64m",
  "/run/bin/get_image /web": "myrepo/web:58-develop",
  "cat /etc/image | head -1": "myrepo/web:58-develop",
  'echo "$(date)"': "today",
  "printf 'a b'": "one  two",
  lines: "one\ntwo\n\n",
};

const run = "docker run --name web";

export const acceptedLines: readonly AcceptedLine[] = [
  // Forms of the shell.
  ...[
    "sh -c",
    "/bin/sh -c",
    "/bin/bash -c",
    "/usr/bin/bash -c",
    "/bin/dash -c",
    "/usr/bin/env bash -c",
    "/usr/bin/env sh -c",
  ].map((shell) => ({ line: `${shell} '${run} a:1'`, image: "a:1", name: "web" })),
  ...[
    "-xc",
    "-ec",
    "-lc",
    "-exc",
    "-xec",
    "-ce",
    "-x -c",
    "-l -c",
    "-e -x -c",
    "-eux -c",
    "--login -c",
    "-o errexit -c",
    "-eo pipefail -c",
  ].map((options) => ({ line: `/bin/bash ${options} '${run} a:1'`, image: "a:1" })),
  { line: `-/bin/sh -c '${run} a:1'`, image: "a:1" },
  { line: `+/bin/sh -c "${run} a:1"`, image: "a:1" },
  { line: `@/bin/sh sh -c '${run} a:1'`, image: "a:1" },
  // exec, paths, separators.
  { line: `/bin/sh -c 'exec ${run} a:1'`, image: "a:1" },
  { line: "/bin/sh -c 'exec /usr/bin/docker run a:1'", image: "a:1" },
  { line: "/bin/sh -c '/opt/bin/docker container run a:1'", image: "a:1" },
  { line: `/bin/sh -c '${run} a:1;'`, image: "a:1" },
  { line: `/bin/sh -c '${run} a:1 ; '`, image: "a:1" },
  { line: `/bin/sh -c ' ${run}  a:1 '`, image: "a:1" },
  { line: `/bin/sh -c '${run} a:1\\n'`, image: "a:1" },
  { line: `/bin/sh -c 'A=1\\n\\n${run} -e A=$A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'true; ${run} a:1'`, image: "a:1" },
  { line: `/bin/sh -c ': && ${run} a:1'`, image: "a:1" },
  { line: `/bin/sh -c 'set -e; ${run} a:1'`, image: "a:1" },
  { line: `/bin/sh -c 'set -ex; set -u; ${run} a:1'`, image: "a:1" },
  { line: `/bin/sh -c '${run} a:1 && true'`, image: "a:1" },
  { line: `/bin/sh -c '${run} a:1 || true'`, image: "a:1" },
  { line: `/bin/sh -c '${run} a:1; exit 0'`, image: "a:1" },
  { line: `/bin/sh -c '${run} \\\n  -e A=1 \\\n  a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c '${run} \\\n# a comment of the unit\n  a:1'`, image: "a:1" },
  { line: `/bin/sh -c "${run} \\\\\\n a:1"`, image: "a:1" },
  // Variables of the unit.
  { line: `/bin/sh -c '${run} $IMAGE'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c '${run} \${IMAGE}'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c '${run} $$IMAGE'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c '${run} $\${IMAGE}'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c "${run} myrepo/web:$APP_VERSION"`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c "${run} -e HOST=$HOST_IP a:1"`, env: { HOST: "10.0.0.7" } },
  { line: `/bin/sh -c '${run} -e HOST_IP a:1'`, env: { HOST_IP: "10.0.0.7" } },
  { line: `/bin/sh -c '${run} $FLAGS a:1'`, env: { A: "1", B: "2" } },
  { line: `/bin/sh -c '${run} \${FLAGS} a:1'`, env: { A: "1", B: "2" } },
  { line: `/bin/sh -c '${run} $EMPTY a:1 $EMPTY'`, image: "a:1" },
  { line: `/bin/sh -c '${run} a:1 "$EMPTY" x'`, command: ["", "x"] },
  { line: `/bin/sh -c '${run} a:1 $SPACED'`, command: ["one", "two"] },
  { line: `/bin/sh -c '${run} a:1 "$SPACED"'`, command: ["one two"] },
  { line: `/bin/sh -c '${run} a:1 x$SPACED-y'`, command: ["xone", "two-y"] },
  { line: `:/bin/sh -c '${run} \${IMAGE}'`, image: "myrepo/web:58-develop" },
  // Exports and assignments.
  { line: `/bin/sh -c 'export A=1; ${run} -e A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'export A=1 B=2; ${run} -e A -e B a:1'`, env: { A: "1", B: "2" } },
  { line: `/bin/sh -c 'export A=1; export B=$A$A; ${run} -e B a:1'`, env: { B: "11" } },
  { line: `/bin/sh -c 'export A="one two"; ${run} -e A a:1'`, env: { A: "one two" } },
  { line: `/bin/sh -c 'A=1; export A; ${run} -e A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'export A; A=1; ${run} -e A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'A=1; ${run} -e A=$A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'A=1 B=2; ${run} -e C=$A$B a:1'`, env: { C: "12" } },
  { line: `/bin/sh -c 'A=$SPACED; ${run} -e "A=$A" a:1'`, env: { A: "one two" } },
  { line: `/bin/sh -c 'A=*; ${run} -e "A=$A" a:1'`, env: { A: "*" } },
  { line: `/bin/sh -c 'A=1 && ${run} -e A=$A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'export A=1 && ${run} -e A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'A=1 ${run} -e A a:1'`, env: { A: "1" } },
  { line: `/bin/sh -c 'HOST_IP=1; ${run} -e HOST_IP a:1'`, env: { HOST_IP: "1" } },
  { line: "/bin/sh -c 'D=/usr/bin/docker; exec $D run a:1'", image: "a:1" },
  { line: "/bin/sh -c 'RUN=\"docker run\"; exec $RUN a:1'", image: "a:1" },
  { line: `/bin/sh -c 'N=web-%i; docker run --name $N a:1'`, name: "web-3" },
  { line: "/bin/sh -c 'docker run --name %p-%i a:1'", name: "web-3" },
  // Quoting.
  { line: `/bin/sh -c '${run} a:1 "x y" z'`, command: ["x y", "z"] },
  { line: `/bin/sh -c "${run} a:1 'x y' z"`, command: ["x y", "z"] },
  { line: `/bin/sh -c "${run} a:1 \\"x $IMAGE\\""`, command: ["x myrepo/web:58-develop"] },
  { line: `/bin/sh -c "${run} a:1 '$IMAGE'"`, command: ["$IMAGE"] },
  { line: `/bin/sh -c '${run} a:1 x"y"z'`, command: ["xyz"] },
  { line: `/bin/sh -c '${run} a:1 "a\\\\"b"'`, command: ['a"b'] },
  { line: `/bin/sh -c '${run} a:1 a\\\\ b'`, command: ["a b"] },
  { line: `/bin/sh -c '${run} a:1 "*" "?" "[a]" "~" "{a,b}"'`, command: ["*", "?", "[a]", "~", "{a,b}"] },
  {
    line: `/bin/sh -c '${run} a:1 sh -c "while true; do x | y; done"'`,
    command: ["sh", "-c", "while true; do x | y; done"],
  },
  { line: `/bin/sh -c '${run} a:1 {{.Node.Hostname}} a# 5$'`, command: ["{{.Node.Hostname}}", "a#", "5$"] },
  { line: `/bin/sh -c "${run} -v /a:/b -p 80:80 --memory=64m a:1"`, image: "a:1" },
  // Commands with a declared output.
  { line: `/bin/sh -c "IMAGE=\`/run/bin/get_image /web\` && ${run} $IMAGE"`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c '${run} $(/run/bin/get_image /web)'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c 'docker run --name web-$(uuidgen) a:1'`, name: "web-0f3c" },
  { line: `/bin/sh -c 'docker run --name web-\`uuidgen\` a:1'`, name: "web-0f3c" },
  {
    line: `/bin/sh -c 'export V=$(etcdctl get /web/version); ${run} myrepo/web:$V'`,
    image: "myrepo/web:58-develop",
  },
  { line: `/bin/sh -c '${run} myrepo/web:"$(etcdctl get /web/version)"'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c '${run} myrepo/web:$( etcdctl   get /%p/version )'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c 'S=web; ${run} --memory=$(etcdctl get /services/$S/memory) a:1'`, image: "a:1" },
  { line: `/bin/sh -c '${run} $(cat /etc/image | head -1)'`, image: "myrepo/web:58-develop" },
  { line: `/bin/sh -c '${run} -e D=$(echo "$$(date)") a:1'`, env: { D: "today" } },
  {
    line: `/bin/sh -c "${run} a:1 $(printf 'a b') \\"$(printf 'a b')\\""`,
    command: ["one", "two", "one  two"],
  },
  { line: `/bin/sh -c '${run} a:1 $(lines) "$(lines)"'`, command: ["one", "two", "one\ntwo"] },
];

export interface RefusedLine {
  readonly line: string;
  /** The text that is underlined. */
  readonly at: string;
  /** Part of the message. */
  readonly says: string;
}

const conditions: readonly RefusedLine[] = [
  { line: `if true; then ${run} a:1; fi`, at: "if", says: "a condition" },
  { line: `case x in x) ${run} a:1;; esac`, at: "case", says: "a condition" },
  { line: `[ -f /x ] && ${run} a:1`, at: "[", says: "a condition" },
  { line: `[[ -f /x ]] && ${run} a:1`, at: "[[", says: "a condition" },
  { line: `test -f /x && ${run} a:1`, at: "test", says: "a condition" },
  { line: `! ${run} a:1`, at: "!", says: "a negation" },
  { line: `${run} a:1 || ${run} b:1`, at: "||", says: '"||"' },
  { line: `${run} a:1 || sleep 5`, at: "sleep", says: "waiting" },
  { line: `A=1 || ${run} a:1`, at: "||", says: '"||"' },
  { line: `true || ${run} a:1`, at: "||", says: '"||"' },
  { line: `${run} a:1 || A=1`, at: "||", says: '"||"' },
  { line: `${run} a:1 || export A=1`, at: "||", says: '"||"' },
  { line: `${run} a:1 &&`, at: "&&", says: '"&&"' },
];

const loops: readonly RefusedLine[] = [
  { line: `for i in 1 2; do ${run} a:1; done`, at: "for", says: "a loop" },
  { line: `while true; do ${run} a:1; done`, at: "while", says: "a loop" },
  { line: `until ${run} a:1; do sleep 1; done`, at: "until", says: "a loop" },
  { line: `select x in a; do ${run} a:1; done`, at: "select", says: "a loop" },
  { line: `until curl x; do sleep 1; done; ${run} a:1`, at: "until", says: "a loop" },
];

const plumbing: readonly RefusedLine[] = [
  { line: `${run} a:1 | logger`, at: "|", says: "a pipe" },
  { line: `${run} a:1 2>&1 | logger -t web`, at: "2>&", says: "a redirection" },
  { line: `${run} a:1 |& tee /x`, at: "|&", says: "a pipe" },
  { line: `etcdctl get /x | xargs ${run}`, at: "|", says: "a pipe" },
  { line: `${run} a:1 > /dev/null`, at: ">", says: "a redirection" },
  { line: `${run} a:1 >> /x`, at: ">>", says: "a redirection" },
  { line: `${run} a:1 2>/dev/null`, at: "2>", says: "a redirection" },
  { line: `${run} a:1 &> /x`, at: "&>", says: "a redirection" },
  { line: `${run} a:1 >| /x`, at: ">|", says: "a redirection" },
  { line: `${run} -i a:1 < /x`, at: "<", says: "a redirection" },
  { line: `${run} -i a:1 <<EOF`, at: "<<", says: "a here document" },
  { line: `${run} -i a:1 <<< x`, at: "<<<", says: "a redirection" },
  { line: `${run} a:1 <(x)`, at: "<(", says: "a redirection" },
  { line: `${run} a:1 &`, at: "&", says: "in the background" },
  { line: `${run} a:1 & wait`, at: "&", says: "in the background" },
  { line: `(${run} a:1)`, at: "(", says: "a subshell" },
  { line: `f() { ${run} a:1; }`, at: "(", says: "a subshell" },
  { line: `A=(1 2); ${run} a:1`, at: "(", says: "a subshell" },
  { line: `{ ${run} a:1; }`, at: "{", says: "a group" },
  { line: `function f { ${run} a:1; }`, at: "function", says: "a function" },
  { line: `; ${run} a:1`, at: ";", says: '";" without a command' },
  { line: `A=1;; ${run} a:1`, at: ";;", says: "case" },
  { line: `${run} a:1; ;`, at: ";", says: '";" without a command' },
];

const commands: readonly RefusedLine[] = [
  { line: `sleep 5; ${run} a:1`, at: "sleep", says: "waiting" },
  { line: `cd /opt && ${run} a:1`, at: "cd", says: "another working folder" },
  { line: `source /etc/environment; ${run} a:1`, at: "source", says: "a script of the host" },
  { line: `. /etc/environment; ${run} a:1`, at: ".", says: "a script of the host" },
  { line: `. /etc/environment && ${run} a:1`, at: ".", says: "a script of the host" },
  { line: `eval "${run} a:1"`, at: "eval", says: "a script of the host" },
  { line: `mkdir -p /data; ${run} a:1`, at: "mkdir", says: "a command on the host" },
  { line: `/usr/bin/mkdir -p /data && ${run} a:1`, at: "/usr/bin/mkdir", says: "a command on the host" },
  { line: `etcdctl set /x up; ${run} a:1`, at: "etcdctl", says: "a command on the host" },
  { line: `/usr/bin/etcdctl get /x && ${run} a:1`, at: "/usr/bin/etcdctl", says: "a command on the host" },
  { line: `echo start; ${run} a:1`, at: "echo", says: "output" },
  { line: `sudo ${run} a:1`, at: "sudo", says: "a program before docker" },
  { line: `nohup ${run} a:1`, at: "nohup", says: "a program before docker" },
  { line: `env A=1 ${run} a:1`, at: "env", says: "a program before docker" },
  { line: `exec sudo ${run} a:1`, at: "sudo", says: "a program before docker" },
  { line: `sh -c "${run} a:1"`, at: "sh", says: "a shell in the shell" },
  { line: `readonly A=1; ${run} a:1`, at: "readonly", says: "a command of the shell" },
  { line: `unset A; ${run} a:1`, at: "unset", says: "a command of the shell" },
  { line: `ulimit -n 100; ${run} a:1`, at: "ulimit", says: "a command of the shell" },
  { line: `set -a; ${run} a:1`, at: "set", says: "a command on the host" },
  { line: `exit 0; ${run} a:1`, at: "exit", says: "an end before docker run" },
  { line: `exec -a web ${run} a:1`, at: "exec", says: "a command on the host" },
  { line: `time ${run} a:1`, at: "time", says: "a group, a function or a negation" },
  { line: `docker pull a:1; ${run} a:1`, at: "pull", says: '"docker pull"' },
  { line: `docker rm -f web; ${run} a:1`, at: "rm", says: '"docker rm"' },
  { line: `${run} a:1; docker logs web`, at: "logs", says: '"docker logs"' },
  { line: `${run} a:1; docker run b:1`, at: "run", says: "a unit runs one container" },
  { line: `docker -H tcp://x run a:1`, at: "-H", says: 'docker option "-H"' },
  { line: `export DOCKER_HOST=tcp://x; ${run} a:1`, at: "DOCKER_HOST=tcp://x", says: "another Engine" },
  { line: `DOCKER_HOST=tcp://x ${run} a:1`, at: "DOCKER_HOST=tcp://x", says: "another Engine" },
  { line: `export -n A; ${run} a:1`, at: "-n", says: '"export -n"' },
  { line: `export 1A=x; ${run} a:1`, at: "1A=x", says: '"export 1A=x"' },
];

const words: readonly RefusedLine[] = [
  { line: `${run} a:1 *`, at: "*", says: "a pattern of files" },
  { line: `${run} a:1 /data/?.txt`, at: "/data/?.txt", says: "a pattern of files" },
  { line: `${run} a:1 [ab]`, at: "[ab]", says: "a pattern of files" },
  { line: `A=*; ${run} a:1 $A`, at: "$A", says: "a pattern of files" },
  { line: `${run} a:1 {a,b}`, at: "{a,b}", says: "a brace expansion" },
  { line: `${run} a:1 x{1..3}`, at: "x{1..3}", says: "a brace expansion" },
  { line: `${run} -v ~/data:/data a:1`, at: "~/data:/data", says: "the home of a user" },
  { line: `A=~/x; ${run} a:1`, at: "A=~/x", says: "the home of a user" },
  { line: `${run} a:1 $((1+2))`, at: "$((1+2))", says: "arithmetic" },
  { line: `${run} a:1 "$((1+2))"`, at: "$((1+2))", says: "arithmetic" },
  { line: `${run} a:1 $\${APP_VERSION:-x}`, at: "$${APP_VERSION:-x}", says: "a form of a variable" },
  { line: `${run} a:1 $\${APP_VERSION%%-*}`, at: "$${APP_VERSION%%-*}", says: "a form of a variable" },
  { line: `${run} a:1 $\${#APP_VERSION}`, at: "$${#APP_VERSION}", says: "a form of a variable" },
  { line: `${run} a:1 $1`, at: "$1", says: "a variable of the shell's own" },
  { line: `${run} a:1 "$@"`, at: "$@", says: "a variable of the shell's own" },
  { line: `${run} --name x$$$$ a:1`, at: "$$$", says: "a variable of the shell's own" },
  { line: `${run} a:1 $?`, at: "$?", says: "a variable of the shell's own" },
  { line: `${run} a:1 $"x"`, at: '$"', says: "$'…'" },
  { line: `A+=1; ${run} a:1`, at: "A+=1", says: "NAME+=" },
  { line: `A[0]=1; ${run} a:1`, at: "A[0]=1", says: "NAME+=" },
  { line: `export A+=1; ${run} a:1`, at: "A+=1", says: "NAME+=" },
  { line: `export A=$SPACED; ${run} a:1`, at: "$SPACED", says: "white space or a pattern without quotes" },
  { line: `${run} a:1 # done`, at: "# done", says: "a comment" },
  { line: `${run} a:1 "x`, at: '"', says: "quotation is never closed" },
  { line: `${run} a:1 $(uuidgen`, at: "$(", says: "substitution is never closed" },
  { line: `${run} a:1 \`uuidgen`, at: "`", says: "substitution is never closed" },
  { line: `${run} a:1 $NOWHERE`, at: "$NOWHERE", says: 'variable "NOWHERE" is not set' },
  { line: `${run} -h $HOSTNAME a:1`, at: "$HOSTNAME", says: 'variable "HOSTNAME" is not set' },
  { line: `A=1; ${run} -e A=\${A} a:1`, at: "${A}", says: 'variable "A" is not set' },
  { line: `${run} a:1 $(hostname)`, at: "$(hostname)", says: 'would run "hostname"' },
  { line: `${run} a:1 "$(date +%%s)"`, at: "$(date +%%s)", says: 'would run "date +%s"' },
  {
    line: `${run} a:$(etcdctl get /nothing)`,
    at: "$(etcdctl get /nothing)",
    says: 'would run "etcdctl get /nothing"',
  },
  { line: `${run} a:\`etcdctl get /nothing\``, at: "`etcdctl get /nothing`", says: 'would run "etcdctl' },
  {
    line: `${run} a:1 $(docker inspect $(docker ps -q))`,
    at: "$(docker inspect $(docker ps -q))",
    says: "would run",
  },
];

/** Scripts in single quotes of systemd. */
export const refusedScripts: readonly RefusedLine[] = [
  ...conditions,
  ...loops,
  ...plumbing,
  ...commands,
  ...words,
];

/** Whole lines. */
export const refusedLines: readonly RefusedLine[] = [
  { line: `/bin/sh -c ${run} a:1`, at: "run", says: 'only "docker" is the script' },
  { line: `/bin/sh -c '${run} a:1 $0' x`, at: "x", says: '"x" is an argument' },
  { line: `/bin/sh -ac '${run} a:1'`, at: "-ac", says: 'option "-ac"' },
  { line: `/bin/sh -nc '${run} a:1'`, at: "-nc", says: 'option "-nc"' },
  { line: `/bin/bash -ic '${run} a:1'`, at: "-ic", says: 'option "-ic"' },
  { line: `/bin/bash -o noexec -c '${run} a:1'`, at: "noexec", says: 'option "noexec"' },
  { line: `/bin/zsh -c '${run} a:1'`, at: "/bin/zsh", says: "the language of" },
  { line: `/usr/bin/fish -c '${run} a:1'`, at: "/usr/bin/fish", says: "the language of" },
  { line: `/bin/sh -c '$IMAGE ${run} a:1'`, at: "$IMAGE", says: "the name of one variable" },
  { line: `/bin/sh -c '\${NOWHERE} ${run} a:1'`, at: "${NOWHERE}", says: 'variable "NOWHERE" is not set' },
];
