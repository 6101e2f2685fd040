import { describe, expect, test } from "vitest";
import { apiUses } from "../../../src/model/api-uses.ts";
import { apiFeatures } from "../../../src/model/engine-api.ts";
import { makeInputs, makeTree } from "./builders.ts";
