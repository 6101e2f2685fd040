import { expect, test } from "vitest";
import { edit, type Files, lineDiff, run } from "../unit/release/support.ts";

/** What a build does to a configuration repository: read `edit.diff` as the specification of the editor. */

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

const files: Files = {
  "mysysconfig.yaml": 'instances: {worker: [1, 2]}\nimages: {own: ["myrepo/*"]}\n',
  "units/myservice.service": `[Service]
Restart=always
ExecStartPre=-/usr/bin/docker pull myrepo/myservice:57-develop
# 57-develop has been good to us
ExecStart=/usr/bin/docker run --name myservice \\
    -e "TITLE=57-develop" \\
    myrepo/myservice:57-develop   --port 3000
`,
  "units/worker@.service": run('-e WORKER=%i "myrepo/worker:99-develop"'),
  "units/proxy.service.hbs": `[Service]
{{! one proxy for each environment }}
ExecStart=/usr/bin/docker run -e FOR={{environment}} myrepo/proxy:7-develop
`,
  "units/shop.compose.yaml": `x-logging: &logging
    driver:   json-file
services:
    db: { image: "postgres:17", logging: *logging }   # not ours
    api:
        image:   'myrepo/api:41-develop@${digest}'  # 41-develop
        mode:    0644
    migrate:
        image: myrepo/api:41-develop
`,
};

function diffOf(...asked: readonly string[]): string {
  const { files: changed, message = "nothing to do", said } = edit(files, asked);
  expect(said).toEqual([]);
  const diffs = Object.entries(changed).map(([path, text]) => `${path}\n${lineDiff(files[path] ?? "", text)}`);
  return [`$ ${asked.join(" ")}`, message, ...diffs].join("\n\n");
}

test("each tag must be one line of a diff", async () => {
  const examples = [
    diffOf("myservice=58-develop"),
    diffOf("worker=100-develop"),
    diffOf("proxy=8-develop"),
    diffOf("shop/api=42-develop"),
    diffOf("myrepo/api=42-develop"),
    diffOf("postgres=17.2", `myservice=58-develop@${digest}`),
    diffOf("myservice=57-develop"),
  ];
  await expect(`${examples.join("\n\n\n")}\n`).toMatchFileSnapshot("edit.diff");
});
