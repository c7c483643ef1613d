import { describe, expect, it } from "vitest";
import { packageNameOf } from "../../src/cli/package-name.ts";

describe("the name of a new package", () => {
  it.each([
    ["my-swarm", "my-swarm"],
    ["My Swarm", "my-swarm"],
    ["JavaScript ES6", "javascript-es6"],
    ["it's $5 & more!", "it-s-5-more"],
    ["Größe", "große".replace("ß", "-")],
    ["Café", "cafe"],
    [".hidden", "hidden"],
    ["_private", "private"],
    ["-dash-", "dash"],
    ["a~b(c)*", "a-b-c"],
    ["v1.2", "v1.2"],
    ["日本語", "my-swarm"],
    ["", "my-swarm"],
    ["...", "my-swarm"],
    ["node_modules", "node_modules-swarm"],
    ["favicon.ico", "favicon.ico-swarm"],
    ["Coppice", "coppice-swarm"],
    ["x".repeat(300), "x".repeat(214)],
    [`${"x".repeat(213)}.y`, "x".repeat(213)],
  ])("of the folder %j is %j", (folder, name) => {
    expect(packageNameOf(folder)).toBe(name);
  });
});
