// A small part of Markdown, made into nodes. Whatever is not understood stays
// text. Pictures are never loaded, HTML is never read, and links lead to the
// web only, with their host in sight.
import { h, copyButton } from "./dom.js";

const DEEPEST = 8; // lists and quotes inside each other

// render returns the nodes of a text.
export function render(text, depth = 0) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const out = [];
  let i = 0;
  const take = (test) => {
    const from = i;
    while (i < lines.length && test(lines[i])) i++;
    return lines.slice(from, i);
  };
  while (i < lines.length) {
    const line = lines[i];
    const fence = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/.exec(line);
    if (line.trim() === "") {
      i++;
    } else if (fence) {
      i++;
      const body = take((l) => !(l.trim().startsWith(fence[1]) && l.trim().replaceAll(fence[1][0], "") === ""));
      i++;
      out.push(code(body.join("\n"), fence[2]));
    } else if (/^#{1,6}\s/.test(line)) {
      i++;
      const level = line.search(/[^#]/);
      out.push(h(`h${Math.min(level + 2, 6)}`, {}, inline(line.slice(level).trim().replace(/\s#+$/, ""))));
    } else if (/^ {0,3}([-*_])[ \t]*(\1[ \t]*){2,}$/.test(line)) {
      i++;
      out.push(h("hr"));
    } else if (line.startsWith(">") && depth < DEEPEST) {
      const body = take((l) => l.startsWith(">")).map((l) => l.replace(/^> ?/, ""));
      out.push(h("blockquote", {}, render(body.join("\n"), depth + 1)));
    } else if (ITEM.test(line) && depth < DEEPEST) {
      const body = take((l) => ITEM.test(l) || /^\s+\S/.test(l) || l.trim() === "" && nextContinues(lines, i));
      out.push(list(body, depth));
    } else if (line.includes("|") && /^[\s|:-]*-[\s|:-]*$/.test(lines[i + 1] ?? "") && lines[i + 1].includes("|")) {
      out.push(table(take((l) => l.includes("|"))));
    } else {
      const first = i;
      const body = take((l) => l.trim() !== "" && (i === first || !/^(#{1,6}\s|>| {0,3}(```|~~~))/.test(l) && !ITEM.test(l)));
      out.push(h("p", {}, inline(body.join("\n"))));
    }
  }
  return out;
}

const ITEM = /^(\s{0,12})([-*+]|\d{1,9}[.)])\s+/;

// nextContinues tells whether a list goes on after an empty line.
function nextContinues(lines, i) {
  const next = lines[i + 1] ?? "";
  return ITEM.test(next) || /^\s{2,}\S/.test(next);
}

function list(lines, depth) {
  const indent = ITEM.exec(lines[0])[1].length;
  const items = [];
  for (const line of lines) {
    const m = ITEM.exec(line);
    if (m && m[1].length <= indent) items.push([line.slice(m[0].length)]);
    else items.at(-1).push(line.slice(Math.min(line.search(/\S|$/), indent + 2)));
  }
  const first = ITEM.exec(lines[0])[2];
  const ordered = /\d/.test(first);
  const start = parseInt(first, 10);
  return h(ordered ? "ol" : "ul", { start: ordered && start !== 1 ? start : null }, items.map((body) => {
    const plain = body.length === 1 || body.slice(1).every((l) => l.trim() === "");
    return h("li", {}, plain ? inline(body[0]) : render(body.join("\n"), depth + 1));
  }));
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((c) => c.trim());
  const row = (line, tag) => h("tr", {}, cells(line).map((c) => h(tag, {}, inline(c))));
  return h("div", { class: "wide", tabindex: 0 }, h("table", {}, h("thead", {}, row(lines[0], "th")), h("tbody", {}, lines.slice(2).map((l) => row(l, "td")))));
}

// code is a block of code with its language and a button to copy it.
export function code(text, language = "") {
  return h("figure", { class: "code" },
    h("figcaption", {}, h("span", {}, language || "text"), copyButton(() => text, "Copy code")),
    h("pre", { tabindex: 0 }, h("code", {}, text)));
}

// Where something may begin inside a line.
const MARK = /[`*_~[\\]|https?:\/\//g;

// A stretch in marks is at most this long: so looking for its end takes time in
// proportion to the text.
const LONGEST = 2000;

// inline returns the nodes of a stretch of text.
export function inline(text, depth = 0) {
  const out = [];
  let done = 0;
  const mark = new RegExp(MARK);
  for (let m; (m = mark.exec(text)); ) {
    const found = depth < 6 ? element(text, m.index, depth) : null;
    if (!found) continue;
    if (m.index > done) out.push(text.slice(done, m.index));
    out.push(found.node);
    done = mark.lastIndex = found.end;
  }
  if (done < text.length) out.push(text.slice(done));
  return out;
}

// PAIRS are the marks around a stretch, longest first.
const PAIRS = [["**", "strong"], ["__", "strong"], ["~~", "s"], ["*", "em"], ["_", "em"]];

// element reads what begins at a place, or returns null: then it is text.
function element(text, at, depth) {
  const rest = text.slice(at, at + LONGEST);
  if (rest[0] === "\\") return /^[!-/:-@[-`{-~]/.test(rest[1] ?? "") ? { node: rest[1], end: at + 2 } : null;
  if (rest[0] === "`") {
    const ticks = /^`+/.exec(rest)[0];
    const end = rest.indexOf(ticks, ticks.length);
    return end > 0 ? { node: h("code", {}, rest.slice(ticks.length, end)), end: at + end + ticks.length } : null;
  }
  if (rest[0] === "[") {
    const m = /^\[([^\]\n]{1,300})\]\(([^\s()<>]{1,1500})\)/.exec(rest);
    const node = m && link(m[2], m[1]);
    return node ? { node, end: at + m[0].length } : null;
  }
  if (rest.startsWith("http")) {
    const m = /^https?:\/\/[^\s<>"'`)\]]{1,1500}/.exec(rest);
    const address = m?.[0].replace(/[.,;:!?*_]+$/, "");
    const node = address && link(address, address);
    return node ? { node, end: at + address.length } : null;
  }
  for (const [mark, tag] of PAIRS) {
    if (!rest.startsWith(mark)) continue;
    const wordBefore = /\w/.test(text[at - 1] ?? "");
    if (mark[0] === "_" && wordBefore) return null; // snake_case
    const end = rest.indexOf(mark, mark.length + 1);
    if (end < 0 || /\s/.test(rest[mark.length]) || /\s/.test(rest[end - 1])) return null;
    if (mark[0] === "_" && /\w/.test(rest[end + mark.length] ?? "")) return null;
    return { node: h(tag, {}, inline(rest.slice(mark.length, end), depth + 1)), end: at + end + mark.length };
  }
  return null;
}

// link returns a link to the web that shows where it leads, or null.
function link(address, label) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  const a = h("a", { title: url.href }, label);
  a.href = url.href;
  a.target = "_blank";
  a.rel = "noopener noreferrer nofollow";
  a.referrerPolicy = "no-referrer";
  return label.includes(url.host) ? a : h("span", {}, a, h("span", { class: "host" }, ` (${url.host})`));
}
