import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { CompiledManifest } from "../model/compile.ts";
import { isMeant } from "../model/image-policy.ts";
import { parseImageRef } from "../model/image-ref.ts";
import type { PlacedException } from "./image-settings.ts";

/** An exception that no image needs any more is a hole in the rules that nobody sees: each is a warning. */
export function reportUnusedExceptions(
  exceptions: readonly PlacedException[],
  manifests: readonly CompiledManifest[],
  sink: DiagnosticSink,
): void {
  const images = manifests.flatMap(({ workloads }) => workloads.map(({ container }) => container.image));
  const refs = images.map(parseImageRef).filter((ref) => typeof ref !== "string");
  for (const exception of exceptions) {
    if (refs.some((ref) => isMeant(exception, ref))) continue;
    const message = `no unit and no stack runs "${exception.image}", which is excepted`;
    sink.warning(exception.position, "unused-exception", message, "remove the exception");
  }
}
