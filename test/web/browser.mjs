// A browser that notices everything a page must not do.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

export const variable = (name) => {
  assert.ok(process.env[name], `${name} is not set: run the suite by run.sh`);
  return process.env[name];
};
export const offline = variable("GEMWAY_TEST_URL");
export const scripted = variable("GEMWAY_TEST_SCRIPTED_URL");

// launch starts a browser with a profile of its own.
export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags.split(" ") });

export const PHONE = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true };
export const DESK = { viewport: { width: 1280, height: 800 } };

// open opens a page in a context of its own and watches it.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ ...DESK, ...options });
  const page = await context.newPage();
  const seen = { dialogs: [], foreign: [], errors: [], violations: [], ran: [] };
  const origin = new URL(url).origin;
  page.on("dialog", (dialog) => {
    seen.dialogs.push(dialog.message());
    dialog.dismiss();
  });
  context.on("request", (request) => {
    const at = request.url();
    if (!at.startsWith(`${origin}/`) && !/^(data|blob):/.test(at)) seen.foreign.push(at);
  });
  page.on("websocket", (socket) => seen.foreign.push(socket.url()));
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("popup", (popup) => seen.foreign.push(`popup ${popup.url()}`));
  // Payloads call pwn; the browser reports what the policy has stopped, which is
  // already too much: it means that text had become markup.
  await page.exposeFunction("pwn", (what) => seen.ran.push(String(what)));
  await page.exposeFunction("reportViolation", (what) => seen.violations.push(what));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (e) => window.reportViolation(`${e.effectiveDirective} ${e.blockedURI} ${e.sample}`));
  });
  await page.goto(url);
  return { page, context, seen };
}

// clean asserts that nothing forbidden has happened.
export function clean(seen) {
  assert.deepEqual(seen, { dialogs: [], foreign: [], errors: [], violations: [], ran: [] });
}

// connected waits until the playground has asked for mode and models.
export const connected = (page) => page.waitForFunction(() => document.querySelector("#status-text").textContent !== "Connecting");

// say sends a message and waits for the end of the answer.
export async function say(page, text) {
  await page.fill("#prompt", text);
  await page.press("#prompt", "Enter");
  return answered(page);
}

export async function answered(page) {
  const answer = page.locator(".message.answer").last();
  await answer.locator("footer").waitFor({ state: "visible" });
  return answer;
}

// fits asserts that nothing sticks out of the window sideways.
export async function fits(page) {
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide[0] <= wide[1], `the page is ${wide[0]} wide in a window of ${wide[1]}`);
}

// shot keeps a screenshot to be looked at.
export async function shot(page, name) {
  mkdirSync(".cache/web", { recursive: true });
  const png = await page.screenshot({ path: `.cache/web/${name}.png` });
  assert.equal(png.subarray(1, 4).toString(), "PNG");
}
