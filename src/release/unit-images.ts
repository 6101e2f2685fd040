import { DiagnosticSink } from "../lib/diagnostic.ts";
import { TextPlaces, type TextRange } from "../lib/text-places.ts";
import type { CompileContext } from "../model/compile.ts";
import { familiarReference, parseImageRef } from "../model/image-ref.ts";
import { baseName } from "../model/repository-files.ts";
import { readEnvironment } from "../unit/environment.ts";
import { readCommands } from "../unit/exec-commands.ts";
import { isDocker, readDockerCommand } from "../unit/exec-line.ts";
import { readExecStart } from "../unit/exec-start.ts";
import { readUnit } from "../unit/read-unit.ts";
import { Room } from "../unit/room.ts";
import { positionAt } from "../unit/source-text.ts";
import type { UnitFile } from "../unit/unit-file.ts";
import { unitNameOf } from "../unit/unit-name.ts";
import type { Expansion } from "../unit/variables.ts";
import { indexIn, type Word } from "../unit/words.ts";
import type { ManifestImages } from "./compose-images.ts";
import { textOf } from "./file-texts.ts";
import {
  formatTail,
  type ImagePlace,
  invalidObstacle,
  type Obstacle,
  readReference,
  variableObstacle,
} from "./image-site.ts";

interface UnitManifest {
  /** The unit as rendered. */
  readonly path: string;
  readonly text: string;
  /** Of a template unit. */
  readonly instance?: string | undefined;
}

/**
 * The image of a unit's `docker run` line with the place of its tag, and with the `docker pull` lines before
 * it that must name the same image.
 */
export function findUnitImages(unit: UnitManifest, context: CompileContext): ManifestImages {
  const sink = new DiagnosticSink();
  const name = unitNameOf(unit.path, unit.instance);
  const scope = { path: unit.path, name, context, sink, usedPaths: new Set<string>(), room: new Room(sink) };
  const file = readUnit(unit.text, scope);
  const expansion: Expansion = { environment: readEnvironment(file, scope), scope };
  const image = readExecStart(file, expansion)?.image;
  if (image === undefined) return { images: [], diagnostics: sink.diagnostics };
  const inFile = image.source.file;
  const places = new TextPlaces(inFile === unit.path ? unit.text : textOf(context.tree, inFile));
  const { name: imageName } = readReference(image.text);
  const words = [image, ...findPulls(file, image.text, expansion)];
  const found = words.map((word) =>
    word.source.file === inFile ? locateTail(word, places) : { ...elsewhere, range: rangeOf(image, places) },
  );
  const obstacle =
    imageName === undefined ? mistakenObstacle(image.text) : found.find((place) => "code" in place);
  return {
    images: [
      {
        ...(inFile === unit.path ? {} : { file: inFile }),
        key: name.key,
        label: baseName(unit.path).replace(/@?\.service$/, ""),
        reference: image.text,
        range: rangeOf(image, places),
        places: found.flatMap((place) => ("code" in place ? [] : [place])),
        ...(obstacle === undefined ? {} : { obstacle }),
        sharedAnchors: [],
      },
    ],
    diagnostics: sink.diagnostics,
  };
}

/** An editor changes one file at a time. */
const elsewhere: Obstacle = {
  code: "unusual-image",
  message: "the image is written in the unit and in a drop-in of it",
  hint: "write docker pull and docker run into the same file, or drop docker pull, which is not needed",
};

/** `docker pull` of the same image: a unit that pulls another one than it runs is refused. */
function findPulls(file: UnitFile, reference: string, expansion: Expansion): Word[] {
  const commands = readCommands("ExecStartPre", file, expansion).filter(({ line }) => isDocker(line));
  return commands.flatMap(({ line, expansion: own }) => {
    const command = readDockerCommand(line, own);
    return command?.name === "pull" ? command.args.filter(({ text }) => isSameImage(text, reference)) : [];
  });
}

function isSameImage(a: string, b: string): boolean {
  const [left, right] = [parseImageRef(a), parseImageRef(b)];
  if (typeof left === "string" || typeof right === "string") return a === b;
  return familiarReference(left) === familiarReference(right);
}

/**
 * The range of the tag and digest at the end of a word. The word may be quoted; what a variable or a
 * specifier put in is not written there.
 */
function locateTail(word: Word, places: TextPlaces): ImagePlace | Obstacle {
  const { text, source } = word;
  const tail = formatTail(readReference(text).tail);
  // With the last character of the name: an empty tail has a place as well.
  const first = indexIn(word, text.length - tail.length - 1);
  const last = indexIn(word, text.length - 1) + 1;
  if (source.text.slice(first, last) !== text.slice(text.length - tail.length - 1)) {
    return { ...variableObstacle(text), range: rangeOf(word, places) };
  }
  const end = places.offsetOf(positionAt(source, last - 1)) + 1;
  return { start: end - tail.length, end };
}

/** What is left of `$` and `%` could not be expanded. */
function mistakenObstacle(reference: string): Obstacle {
  return /[$%]/.test(reference) ? variableObstacle(reference) : invalidObstacle(reference);
}

function rangeOf(word: Word, places: TextPlaces): TextRange {
  return {
    start: places.offsetOf(positionAt(word.source, word.start)),
    end: places.offsetOf(positionAt(word.source, word.end - 1)) + 1,
  };
}
