import { describe, expect, test } from "vitest";
import { edit } from "./support.ts";

describe("an image in one of the files of a stack", () => {
  const main = "include: [parts/metrics.yaml]\nservices:\n  web: {image: x:1, ports: ['80:80']}\n";
  const override = "services:\n  web:\n    image: myrepo/web:57-develop\n    ports: !reset []\n";
  const part = "services:\n  metrics: {image: 'myrepo/metrics:3-develop'}\n";
  const files = {
    "units/shop.compose.yaml": main,
    "units/shop.compose.override.yaml": override,
    "units/parts/metrics.yaml": part,
  };

  test("must be edited in the file that is laid over another", () => {
    const { files: changed, said } = edit(files, ["myrepo/web=58-develop"]);
    expect(said).toEqual([]);
    expect(changed).toEqual({
      "units/shop.compose.override.yaml": override.replace("57-develop", "58-develop"),
    });
  });

  test("must be edited in the file that is included", () => {
    const { files: changed, said } = edit(files, ["myrepo/metrics=4-develop"]);
    expect(said).toEqual([]);
    expect(changed).toEqual({ "units/parts/metrics.yaml": part.replace("3-develop", "4-develop") });
  });
});
