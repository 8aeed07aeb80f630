// Pictures and sound out of answers. Only data of known types is shown, and
// nothing is ever loaded by an address out of an answer.
import { h, icon } from "./dom.js";

const PICTURE = /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=\s]+$/;

// picture shows a data URL with a link to keep it, or says that it will not.
export function picture(url, alt, filename = "image") {
  const m = typeof url === "string" && PICTURE.exec(url);
  if (!m) return h("p", { class: "muted" }, "(a picture that is not shown: it is no PNG, JPEG, WebP or GIF in the answer itself)");
  const img = h("img", { alt });
  img.src = url;
  const keep = h("a", { class: "button quiet", download: `${filename}.${m[1] === "jpeg" ? "jpg" : m[1]}`, "aria-label": "Download picture", title: "Download" }, icon("download"));
  keep.href = url;
  return h("figure", { class: "picture" }, img, keep);
}

// imageType tells the type of a picture in base64 by its first bytes.
export function imageType(base64) {
  const starts = { iVBOR: "png", "/9j/": "jpeg", UklGR: "webp", R0lGO: "gif" };
  return Object.entries(starts).find(([start]) => base64.startsWith(start))?.[1];
}

// sound plays WAV in base64.
export function sound(base64) {
  const audio = h("audio", { controls: true, preload: "metadata" });
  try {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    audio.src = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
  } catch {
    return h("p", { class: "muted" }, "(sound that cannot be decoded)");
  }
  return audio;
}
