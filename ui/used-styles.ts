import postcss, { type Rule } from "postcss";
import type { Plugin } from "vite";

const COMPONENT_CLASS = /\.(m_[0-9a-f]{6,8})\b/g;

/**
 * Drops the styles of components that no script names.
 *
 * Mantine ships one style sheet for all of its components. Each of their classes is a hash that stands in the
 * component's script as a text, so a class that stands in none can never be shown.
 */
export function usedStyles(): Plugin {
  return {
    name: "used-styles",
    apply: "build",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const scripts = files.flatMap((file) => (file.type === "chunk" ? [file.code] : [])).join("\n");
      const isUsed = (selector: string) =>
        [...selector.matchAll(COMPONENT_CLASS)].every(([, name = ""]) => scripts.includes(name));
      for (const file of files) {
        if (file.type === "asset" && file.fileName.endsWith(".css")) file.source = keeping(isUsed, String(file.source));
      }
    },
  };
}

function keeping(isUsed: (selector: string) => boolean, css: string): string {
  const sheet = postcss.parse(css);
  sheet.walkRules((rule: Rule) => {
    const used = rule.selectors.filter(isUsed);
    if (used.length === 0) rule.remove();
    else if (used.length < rule.selectors.length) rule.selectors = used;
  });
  sheet.walkAtRules(/^(media|supports|layer|container)$/, (rule) => {
    if (rule.nodes?.length === 0) rule.remove();
  });
  return sheet.toString();
}
