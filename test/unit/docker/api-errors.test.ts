import { describe, expect, test } from "vitest";
import { isUnknownOutcome, statusOf, translateEngineError } from "../../../src/docker/api-errors.ts";
import { DeadlineError } from "../../../src/lib/abort.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";

/** As docker-modem throws them. */
function httpError(statusCode: number, message: string, json: unknown = { message }): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), { statusCode, json });
}

const words =
  'Conflict. The container name "/web" is already in use by container "abc". You have to remove that container.';

describe("answers of the Engine", () => {
  test.for([
    [400, "bad parameter", "engine-refused"],
    [403, "forbidden", "engine-refused"],
    [404, "No such container: web", "engine-not-found"],
    [409, words, "engine-conflict"],
    [500, "something broke", "engine-failed"],
    [501, "not implemented", "engine-unsupported"],
    [502, "bad gateway", "engine-unreachable"],
    [503, "the proxy is tired", "engine-failed"],
    [503, "This node is not a swarm manager", "swarm-unavailable"],
    [503, "Swarm is encrypted and needs to be unlocked before it can be used", "swarm-unavailable"],
    [500, "rpc error: code = Unknown desc = The swarm does not have a leader", "swarm-unavailable"],
    [
      500,
      "rpc error: code = Unknown desc = raft: failed to process the request: node lost leader status",
      "swarm-unavailable",
    ],
    [503, "rpc error: code = Unavailable desc = transport is closing", "swarm-unavailable"],
    [500, "rpc error: code = DeadlineExceeded desc = context deadline exceeded", "swarm-unavailable"],
    [500, "rpc error: code = Unknown desc = update out of sequence", "engine-failed"],
    [500, "network front not found", "engine-not-found"],
    [
      400,
      "rpc error: code = InvalidArgument desc = port '30080' is already in use by service 'a' (x) as an ingress port",
      "engine-conflict",
    ],
    [500, "write /var/lib/docker/x: no space left on device", "no-space"],
    [500, "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", "engine-conflict"],
    [500, "listen tcp4 0.0.0.0:80: bind: address already in use", "engine-conflict"],
    [403, "Address already in use", "engine-conflict"],
    [403, "error while removing network: network x has active endpoints", "engine-conflict"],
    [409, "remove data: volume is in use - [abc]", "engine-conflict"],
    [400, 'exec: "nope": executable file not found in $PATH: unknown', "engine-refused"],
    [400, 'invalid mount config for type "bind": bind source path does not exist: /x', "engine-refused"],
    [400, "network front is ambiguous (2 matches found on name)", "engine-conflict"],
    [400, "client version 1.60 is too new. Maximum supported API version is 1.41", "engine-unsupported"],
  ] as const)("must make %i %s a %s", ([status, message, code]) => {
    const error = translateEngineError(httpError(status, message), 'create container "web"');
    expect(error.code).toBe(code);
    expect(error.message).toBe(`create container "web": ${message.replace(/\.$/, "")}`);
    expect(statusOf(error)).toBe(status);
  });

  test("must take the words from the text when the answer was a stream", () => {
    const error = translateEngineError(httpError(404, "manifest for x:1 not found", null), "pull");
    expect(error.message).toBe("pull: manifest for x:1 not found");
  });

  test("must tell two meanings of an address in use apart by their hints", () => {
    const port = translateEngineError(httpError(500, "listen tcp4 :80: bind: address already in use"), "x");
    const address = translateEngineError(httpError(403, "Address already in use"), "x");
    expect(port.hint).toContain("holds the port");
    expect(address.hint).toContain("static address");
  });
});

describe("no answer of the Engine", () => {
  test.for([
    ["ENOENT", /is the socket mounted/],
    ["ECONNREFUSED", /nothing listens/],
    ["EACCES", /group/],
    ["ENOTFOUND", /host name/],
    ["ECONNRESET", /TLS/],
    ["ESOMETHING", /DOCKER_HOST/],
  ] as const)("must make %s unreachable with a hint what to check", ([code, hint]) => {
    const error = translateEngineError(
      Object.assign(new Error(`connect ${code}`), { code }),
      "reach the Engine",
    );
    expect(error).toMatchObject({ code: "engine-unreachable", exitCode: 5 });
    expect(error.hint).toMatch(hint);
  });

  test("must tell our deadline from the run's end", () => {
    const late = new DeadlineError("the answer", 2000);
    expect(translateEngineError(late, "x")).toMatchObject({
      code: "deadline-passed",
      message: "x: the answer took longer than 2 s",
    });
    const stopped = AbortSignal.abort(new Error("SIGTERM"));
    expect(translateEngineError(new Error("aborted"), "x", stopped)).toMatchObject({
      code: "interrupted",
      message: "x: SIGTERM",
    });
    const timedOut = AbortSignal.abort(new DeadlineError("the run", 60_000));
    expect(translateEngineError(new Error("aborted"), "x", timedOut).code).toBe("deadline-passed");
    const own = new ReconcilerError("gate-failed", "no");
    expect(translateEngineError(new Error("aborted"), "x", AbortSignal.abort(own))).toBe(own);
  });

  test("must leave a coded error as it is, and know which outcomes are unknown", () => {
    const own = new ReconcilerError("engine-conflict", "x");
    expect(translateEngineError(own, "y")).toBe(own);
    const codes = ["deadline-passed", "engine-unreachable", "engine-conflict", "interrupted"] as const;
    expect(codes.map((code) => isUnknownOutcome(new ReconcilerError(code, "x")))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
