// The requests the playground shows as code, run as they stand; and the modules
// that read streams and Markdown, piece by piece.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, test } from "node:test";
import { clean, connected, launch, offline, open, variable } from "./browser.mjs";

const run = promisify(execFile);

let browser, page, seen, dir;
before(async () => {
  browser = await launch();
  ({ page, seen } = await open(browser, `${offline}/`));
  await connected(page);
  dir = mkdtempSync(join(tmpdir(), "gemway-code-"));
  symlinkSync(join(process.cwd(), "test/sdk/node/node20/node_modules"), join(dir, "node_modules"));
});
after(async () => {
  clean(seen);
  await browser.close();
  rmSync(dir, { recursive: true });
});

// snippets asks the page's own module.
const snippets = (kind, body, keyed) => page.evaluate(async ([kind, body, keyed]) => (await import("/ui/code.js")).snippets(kind, body, keyed), [kind, body, keyed]);

// The offline server needs no key; a body that asks for one gets it here.
const { GEMINI_API_KEY: _, ...keyless } = process.env;
let env = keyless;
const HARD = `it's "quoted" \\ $HOME \`id\` \n %s {x} é 世界 </script>`;
const BODIES = {
  chat: { model: "gemini-2.5-flash", messages: [{ role: "user", content: 'Say "fourty two"' }], temperature: 0.5 },
  "chat stream": { model: "gemini-2.5-flash", messages: [{ role: "user", content: 'Say "fourty two"' }], stream: true, stream_options: { include_usage: true } },
  "chat hard": { model: "gemini-2.5-flash", messages: [{ role: "system", content: HARD }, { role: "user", content: 'Say "fourty two"' }], tools: [{ type: "function", function: { name: "f", description: HARD, parameters: { type: "object", properties: { ok: { type: "boolean", default: true, examples: [null, [], {}] } } } } }], tool_choice: "none" },
};
const LANGUAGES = {
  curl: (code) => run("bash", ["-c", code], { env }),
  python: (code) => {
    writeFileSync(join(dir, "a.py"), code);
    return run(variable("GEMWAY_TEST_PYTHON"), ["a.py"], { env, cwd: dir });
  },
  javascript: (code) => {
    writeFileSync(join(dir, "a.mjs"), code);
    return run("node", ["a.mjs"], { env, cwd: dir });
  },
};

for (const [name, body] of Object.entries(BODIES)) {
  for (const [language, execute] of Object.entries(LANGUAGES)) {
    test(`${name} in ${language} runs as shown`, async () => {
      const keyed = name === "chat stream";
      env = keyed ? { ...keyless, GEMINI_API_KEY: "a-key" } : keyless;
      const code = (await snippets("chat", body, keyed || undefined))[language];
      assert.equal(code.includes("GEMINI_API_KEY"), keyed);
      const { stdout } = await execute(code);
      const said = language === "curl" && body.stream
        ? stdout.split("\n").filter((l) => l.startsWith("data: {")).map((l) => JSON.parse(l.slice(6)).choices[0]?.delta.content ?? "").join("") : stdout;
      assert.match(said, /fourty two/);
    });
  }
}

test("what arrives is what is shown, whatever the text", async () => {
  const body = { model: "gemini-2.5-flash", messages: [{ role: "user", content: HARD }] };
  const code = (await snippets("chat", body)).curl.replace(/^curl '[^']*'/, "printf '%s\\n'");
  const { stdout } = await run("bash", ["-c", code], { env });
  const sent = stdout.slice(stdout.indexOf("-d\n") + 3);
  assert.deepEqual(JSON.parse(sent), body);
});

for (const [language, execute] of Object.entries(LANGUAGES)) {
  test(`images and embeddings in ${language} run as shown`, async () => {
    const images = await execute((await snippets("images", { model: "gemini-2.5-flash-image", prompt: "a fox", n: 1, response_format: "b64_json" }))[language]);
    if (language === "curl") assert.ok(JSON.parse(images.stdout).data[0].b64_json.length > 100);
    else {
      assert.deepEqual(readdirSync(dir).filter((f) => f.endsWith(".png")), ["image-0.png"]);
      rmSync(join(dir, "image-0.png"));
    }
    const embeddings = await execute((await snippets("embeddings", { model: "gemini-embedding-001", input: ["a", "b"], encoding_format: "float", dimensions: 256 }))[language]);
    if (language === "curl") assert.equal(JSON.parse(embeddings.stdout).data.length, 2);
    else assert.deepEqual(embeddings.stdout.match(/\d+/g), ["256", "256"]);
  });
}

test("the reader of streams takes any cut", async () => {
  const got = await page.evaluate(async () => {
    const { events } = await import("/ui/sse.js");
    const text = ": hello\r\n\r\ndata: {\"a\":\"é世\"}\r\n\r\ndata: one\ndata: two\n\nevent: x\rdata:three\r\rdata: [DONE]\n\n";
    const bytes = new TextEncoder().encode(text);
    const all = [];
    for (let cut = 0; cut <= bytes.length; cut++) {
      const body = new ReadableStream({ start(c) {
        c.enqueue(bytes.slice(0, cut));
        c.enqueue(bytes.slice(cut));
        c.close();
      } });
      const out = [];
      for await (const e of events(body)) out.push(e.data);
      all.push(JSON.stringify(out));
    }
    return [...new Set(all)];
  });
  assert.deepEqual(got, [JSON.stringify(['{"a":"é世"}', "one\ntwo", "three", "[DONE]"])]);
});

// Each Markdown with the outline of what it becomes.
const MARKDOWN = [
  ["a **b** *c* `d` ~~e~~", "p[a ,strong[b], ,em[c], ,code[d], ,s[e]]"],
  ["snake_case_word and 2 * 3 * 4", "p[snake_case_word and 2 * 3 * 4]"],
  ["# A\n## B #\ntext", "h3[A] h4[B] p[text]"],
  ["- a\n- b\n  - c\n\nafter", "ul[li[a],li[p[b],ul[li[c]]]] p[after]"],
  ["3. a\n4. b", "ol[li[a],li[b]]"],
  ["> q\n> r", "blockquote[p[q\nr]]"],
  ["|a|b|\n|-|-|\n|1|2|", "div[table[thead[tr[th[a],th[b]]],tbody[tr[td[1],td[2]]]]]"],
  ["<b>x</b> &amp; <img src=x onerror=pwn()>", "p[<b>x</b> &amp; <img src=x onerror=pwn()>]"],
  ["![a](https://evil.invalid/x.png)", "p[!,span[a[a],span[ (evil.invalid)]]]"],
  ["[x](javascript:pwn(1)) [y](data:text/html,z)", "p[[x](javascript:pwn(1)) [y](data:text/html,z)]"],
  ["see https://example.com/a.", "p[see ,a[https://example.com/a],.]"],
  ["---\n***", "hr[] hr[]"],
  ["a \\*b\\* c", "p[a ,*,b,*, c]"],
];

test("Markdown becomes nodes", async () => {
  const outlines = await page.evaluate(async (all) => {
    const { render } = await import("/ui/markdown.js");
    const outline = (n) => (n.nodeType === Node.TEXT_NODE ? n.data : `${n.localName}[${[...n.childNodes].map(outline)}]`);
    return all.map(([text]) => render(text).map(outline).join(" "));
  }, MARKDOWN);
  assert.deepEqual(outlines, MARKDOWN.map(([, want]) => want));
});

test("Markdown loses no word and takes time in proportion", async () => {
  const long = await page.evaluate(async () => {
    const { render } = await import("/ui/markdown.js");
    const slow = [];
    for (const piece of ["*", "_", "`", "[", "[a](", "**a", "> ", "- ", "  - a\n", "|a", "#", "https://", "~~~\n", "<", "\\", "*a_b`c["]) {
      const text = piece.repeat(Math.ceil(60000 / piece.length));
      const start = performance.now();
      render(text);
      const took = performance.now() - start;
      if (took > 3000) slow.push(`${piece}: ${Math.round(took)} ms`);
    }
    return slow;
  });
  assert.deepEqual(long, []);
  const lost = await page.evaluate(async () => {
    const { render } = await import("/ui/markdown.js");
    const text = "# one\n\n- two\n  three\n\n4. four\n\n> five\n\n|six|seven|\n|---|---|\n|eight|nine|\n\n```js\nten\n```\n\n**eleven** *twelve* `thirteen` [fourteen](https://x.invalid) <fifteen> \\sixteen";
    const shown = render(text).map((n) => n.textContent).join(" ");
    return "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split(" ").filter((w) => !shown.includes(w));
  });
  assert.deepEqual(lost, []);
});
