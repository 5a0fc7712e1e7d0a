/** One HTML file that needs nothing else: no script, no font, no network. @param body HTML */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
  .verdict { border-left: 4px solid #4c78a8; padding: .5rem 1rem; background: #f3f6fa; font-size: 1.1rem; }
  table { border-collapse: collapse; width: 100%; font-size: .9rem; }
  th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ddd; }
  th:first-child, td:first-child { text-align: left; }
  .facts td { text-align: left; overflow-wrap: anywhere; }
  .chart { overflow-x: auto; } .small { color: #555; font-size: .85rem; }
  pre { overflow-x: auto; background: #f6f6f6; padding: .75rem; font-size: .8rem; }
</style>
</head>
<body>
${body}
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A table of texts, the first row its head. */
export function htmlTable([head, ...rows]: readonly (readonly string[])[]): string {
  const cells = (tag: 'td' | 'th', texts: readonly string[]): string =>
    `<tr>${texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', head ?? [])}${rows.map((row) => cells('td', row)).join('')}</table>`;
}
