import type { Plugin } from 'vite';

/**
 * What the built page may do: code of its own origin and WebAssembly, no inline script, no eval of strings, no request to
 * another origin. Inline styles are needed by the components' own positions; blob: workers and fetches by the ONNX runtime.
 */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** As a `meta` element, as static hosts cannot set headers. The dev server goes without: its own client needs inline script. */
export function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
    ],
  };
}
