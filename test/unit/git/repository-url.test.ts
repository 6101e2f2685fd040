import { describe, expect, test } from "vitest";
import { parseRepositoryUrl } from "../../../src/git/repository-url.ts";

describe("the URL of a repository", () => {
  test.for([
    ["https://host/a/b.git", { scheme: "https", text: "https://host/a/b.git", origin: "https://host/" }],
    ["https://HOST:443/a", { scheme: "https", text: "https://host/a", origin: "https://host/" }],
    ["https://host:8443/a", { scheme: "https", text: "https://host:8443/a", origin: "https://host:8443/" }],
    [
      "https://[::1]:8443/a",
      { scheme: "https", text: "https://[::1]:8443/a", origin: "https://[::1]:8443/" },
    ],
    [
      "https://ci@host/a",
      { scheme: "https", text: "https://host/a", origin: "https://host/", username: "ci" },
    ],
    ["ssh://git@host/a", { scheme: "ssh", text: "ssh://git@host/a", origin: "ssh://host/" }],
    ["ssh://git@host:22/a", { scheme: "ssh", text: "ssh://git@host:22/a", origin: "ssh://host:22/" }],
    ["git@host:a/b.git", { scheme: "ssh", text: "ssh://git@host/a/b.git", origin: "ssh://host/" }],
    ["host:/srv/b.git", { scheme: "ssh", text: "ssh://host/srv/b.git", origin: "ssh://host/" }],
    ["https://host/a/../b", { scheme: "https", text: "https://host/b", origin: "https://host/" }],
  ] as const)("must be read: %s", ([text, expected]) => {
    expect(parseRepositoryUrl(text)).toEqual(expected);
  });

  test("must name files only where they are allowed", () => {
    expect(parseRepositoryUrl("/srv/a", true)).toEqual({ scheme: "file", text: "file:///srv/a" });
    expect(parseRepositoryUrl("file:///srv/a", true)).toEqual({ scheme: "file", text: "file:///srv/a" });
    expect(() => parseRepositoryUrl("file://host/srv/a", true)).toThrow(/names a host/);
    for (const text of ["/srv/a", "file:///srv/a", "../a", "a"])
      expect(() => parseRepositoryUrl(text)).toThrow(/URL/);
  });

  test("must not show a password, and say where it belongs", () => {
    expect(() => parseRepositoryUrl("https://u:hunter2@host/a")).toThrow(
      expect.objectContaining({ code: "usage", hint: expect.stringContaining("MYSYSCONFIG_GIT_TOKEN") }),
    );
    for (const text of [
      "https://u:hunter2@host/a",
      "ssh://u:hunter2@host/a",
      "https://u:hunter2@ho st/a",
      "https://u:hunter2@/",
    ])
      expect(() => parseRepositoryUrl(text)).toThrow(/^(?!.*hunter2)/);
  });
});
