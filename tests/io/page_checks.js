// What a page must hold for keyboards, screen readers and low vision; returns a list of sentences.
// Written for report.html after WCAG 2.1 AA; each rule has a name, and check_page.py breaks each once.
(() => {
  const found = [];
  const say = (rule, element, words) => found.push(`${rule}: ${words}: ${element ? element.outerHTML.slice(0, 90) : ""}`);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true });
  const text = (element) => (element.textContent || "").trim();

  // ---- document ----
  if (!document.documentElement.lang) say("lang", null, "the page names no language");
  if (!document.title.trim()) say("title", null, "the page has no title");
  const viewport = document.querySelector("meta[name=viewport]");
  if (!viewport || /user-scalable=no|maximum-scale=1\b/.test(viewport.content)) say("zoom", viewport, "a reader cannot zoom");
  for (const [selector, name] of [["body > main", "main"], ["body > header", "banner"], ["body > footer", "contentinfo"]])
    if (all(selector).length !== 1) say("landmark", null, `there is not one ${name}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) if (node.data.trim()) texts.push(node);
  for (const node of texts)
    if (!node.parentElement.closest("main, header, footer, script")) say("region", node.parentElement, "text outside every landmark");

  // ---- ids and references ----
  const ids = all("[id]").map((element) => element.id);
  new Set(ids.filter((id, i) => ids.indexOf(id) !== i)).forEach((id) => say("unique-id", null, `id ${id} stands twice`));
  ids.filter((id) => !id || /\s/.test(id)).forEach((id) => say("id", null, `"${id}" is no id`));
  for (const element of all("[aria-labelledby], [aria-describedby]"))
    for (const attribute of ["aria-labelledby", "aria-describedby"])
      for (const id of (element.getAttribute(attribute) || "").split(/\s+/).filter(Boolean))
        if (!document.getElementById(id) || !text(document.getElementById(id))) say("reference", element, `${attribute} names nothing`);
  for (const link of all("a[href^='#']"))
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) say("link", link, "leads nowhere");

  // ---- headings ----
  let level = 0;
  const headings = all("h1, h2, h3, h4, h5, h6").filter(shown);
  if (headings.filter((heading) => heading.tagName === "H1").length !== 1) say("heading-one", null, "there is not one h1");
  for (const heading of headings) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) say("heading-order", heading, `h${own} follows h${level}`);
    if (!text(heading)) say("heading-empty", heading, "a heading without words");
    level = own;
  }

  // ---- tables ----
  const width = (row) => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
  for (const table of all("table")) {
    if (!table.caption || !text(table.caption)) say("caption", table, "a table without caption");
    if (!all("th", table).length) say("headers", table, "a table without headers");
    for (const header of all("th", table)) {
      if (!["row", "col"].includes(header.getAttribute("scope"))) say("scope", header, "a header without scope");
      if (!text(header)) say("header-empty", header, "an empty header");
    }
    const widths = new Set([...table.rows].map(width));
    if (widths.size > 1) say("columns", table, `rows of ${[...widths].join(" and ")} columns`);
  }
  for (const list of all("ul, ol")) if ([...list.children].some((child) => child.tagName !== "LI")) say("list", list, "a list holds more than its items");
  for (const list of all("dl")) if (!all("dt", list).length || !all("dd", list).length) say("definition-list", list, "terms or definitions are missing");

  // ---- pictures ----
  for (const svg of all("svg")) {
    if (svg.getAttribute("aria-hidden") === "true") continue;
    if (svg.getAttribute("role") !== "img") say("svg-role", svg, "a picture without role");
    if (!svg.querySelector(":scope > title") || !text(svg.querySelector(":scope > title"))) say("svg-title", svg, "a picture without title");
  }
  for (const figure of all("figure")) {
    if (!figure.querySelector("figcaption")) say("figure-caption", figure, "a figure without caption");
    if (!figure.querySelector("svg > desc")) say("figure-description", figure, "a plot without description");
    if (!all("svg[role=img] .name", figure).length) say("figure-axes", figure, "a plot without axis names");
    if (!figure.querySelector("details table")) say("figure-table", figure, "a plot without its numbers");
  }
  for (const image of all("img")) if (!image.hasAttribute("alt")) say("alt", image, "an image without alternative");

  // ---- keyboard ----
  for (const element of all("[tabindex]")) if (element.tabIndex > 0) say("tabindex", element, "jumps ahead of the order");
  for (const element of all("input, select, textarea").filter(shown))
    if (!element.labels.length || !text(element.labels[0])) say("label", element, "a control without label");
  for (const element of all("a, summary, button, input, [tabindex]").filter(shown)) {
    if (!text(element) && !element.matches("input") && !element.getAttribute("aria-label")) say("name", element, "nothing is read out for it");
    element.focus({ focusVisible: true, preventScroll: true });
    const style = getComputedStyle(element);
    if (document.activeElement !== element) say("focusable", element, "cannot be reached");
    else if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) say("focus", element, "shows no focus");
    element.blur();
  }
  for (const element of all("main *").filter(shown)) {
    const style = getComputedStyle(element);
    const scrolls = (/auto|scroll/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 1) ||
      (/auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1);
    if (scrolls && element.tabIndex < 0) say("scroll-focus", element, "scrolls, but not by keyboard");
  }

  // ---- contrast ----
  const parse = (colour) => {
    const numbers = colour.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const over = (top, bottom, alpha) => top.map((value, i) => value * alpha + bottom[i] * (1 - alpha));
  const luminance = (rgb) => rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const own = parse(getComputedStyle(at).backgroundColor);
      if (own.alpha > 0) layers.push(own);
      if (own.alpha === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer.rgb, below, layer.alpha), [255, 255, 255]);
  };
  const drawn = (element, property) => {
    const own = parse(getComputedStyle(element)[property]), below = background(element);
    return [over(own.rgb, below, own.alpha * Number(getComputedStyle(element).opacity)), below];
  };
  for (const element of new Set(texts.map((node) => node.parentElement))) {
    if (!shown(element) || element.closest("title, desc, style")) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [colour, below] = drawn(element, element.closest("svg") ? "fill" : "color");
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5, own = ratio(colour, below);
    if (own < least) say("contrast", element, `${own.toFixed(2)}, at least ${least}`);
  }
  for (const element of all("svg .line, svg .dot, svg .fill, svg .error, svg .reach, svg .floor, svg .axis").filter(shown)) {
    const fill = element.matches(".fill, .dot:not(.champion)");
    const [colour, below] = drawn(element, fill ? "fill" : "stroke"), own = ratio(colour, below);
    if (own < 3) say("graphics-contrast", element, `${own.toFixed(2)}, at least 3`);
  }

  // ---- width ----
  if (document.scrollingElement.scrollWidth > innerWidth) {
    say("horizontal-scroll", null, `${document.scrollingElement.scrollWidth} px in ${innerWidth}`);
    for (const element of all("body *").filter(shown))
      if (element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".tables, .wide-table")) say("wide", element, "reaches out");
  }
  return [...new Set(found)];
})();
