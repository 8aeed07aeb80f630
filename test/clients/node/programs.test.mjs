// Programs in the terminal: Continue, Cline and aider, each in a folder and a
// home of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { answered, blocks, Upstream } from "./recipe.mjs";

const bin = fileURLToPath(new URL("node_modules/.bin/", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "gemway-clients-"));
const run = async (program, args, env = {}) => {
  const running = promisify(execFile)(program, args, { cwd: folder, timeout: 300_000, env: { ...process.env, HOME: folder, LITELLM_LOCAL_MODEL_COST_MAP: "True", ...env } });
  running.child.stdin.end();
  const { stdout, stderr } = await running;
  return stdout + stderr;
};

before(() => {
  writeFileSync(path.join(folder, "hello.py"), 'print("hello")\n');
  writeFileSync(path.join(folder, "config.yaml"), "name: gemway\nversion: 0.0.1\nschema: v1\n" + blocks("Continue", "yaml")[0]);
});

const cn = (text) => run(process.execPath, [path.join(bin, "cn"), "-p", "--config", path.join(folder, "config.yaml"), text]);

test("Continue answers", async () => assert.match(await cn("What is 12*34?"), /408/));

test("Continue runs a loop of its tools", async () => {
  const up = new Upstream();
  await cn(`Read the file hello.py with the Read tool. ${up.tag}`);
  assert.deepEqual(answered((await up.received()).at(-1)), ["Read"]);
});

// cline runs the lines of the recipe, or a prompt.
const cline = (args) => run(path.join(bin, "cline"), args);

test("Cline answers, and runs a loop of its tools", async () => {
  const [, ...auth] = blocks("Cline", "sh")[0].trim().split(" ");
  assert.match(await cline(auth), /configured/);
  try {
    assert.match(await cline(["What is 12*34?"]), /408/);
    const up = new Upstream();
    await cline([`Read the files of hello.py by read_files. ${up.tag}`]);
    assert.ok(answered((await up.received()).at(-1)).includes("read_files"));
  } finally {
    await cline(["hub", "stop"]); // it leaves a process behind
  }
});

// aider runs the line of the recipe with more arguments.
const aider = async (text) => {
  const words = blocks("aider", "sh")[0].trim().split(" ");
  const at = words.indexOf("aider");
  const env = Object.fromEntries(words.slice(0, at).map((w) => w.split(/=(.*)/).slice(0, 2)));
  return run(process.env.GEMWAY_TEST_AIDER, [...words.slice(at + 1), "--no-check-update", "--no-show-model-warnings", "--analytics-disable", "--no-git", "--yes-always", "--message", text, "hello.py"], env);
};

test("aider answers", async () => assert.match(await aider("What is 12*34?"), /408/));

test("aider edits a file", async () => {
  await aider("Print the product. script:file");
  assert.equal(readFileSync(path.join(folder, "hello.py"), "utf8"), "print(408)\n");
});
