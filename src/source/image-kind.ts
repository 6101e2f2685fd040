import { parseImageRef } from "../model/image-ref.ts";
import type { SourceKind } from "../ports.ts";
import { ImageSource, type WithImages } from "./image-source.ts";

/** A baked image as a side of a comparison: `mysysconfig:57-develop`, always with its tag or digest. */
export function imageKind(withImages: WithImages, warn: (text: string) => void): SourceKind {
  return {
    name: "a baked image with its tag",
    async find(text) {
      const ref = parseImageRef(text);
      const isImage = typeof ref !== "string" && (ref.tag ?? ref.digest) !== undefined;
      return isImage ? new ImageSource(text, withImages, warn) : undefined;
    },
  };
}
