// What is wrong with how the open page looks: faint text, small targets, things without a name. Runs inside the page.
const faults = [];

function channel(value) {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function numbers(colour) {
  return colour.match(/[\d.]+/g).map(Number);
}

function luminance(colour) {
  const [red, green, blue] = numbers(colour).map(channel);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function backdrop(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if ((numbers(colour)[3] ?? 1) === 1) return colour;
  }
  return "rgb(255, 255, 255)";
}

function contrast(element) {
  const [dark, light] = [getComputedStyle(element).color, backdrop(element)].map(luminance).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function seen(element) {
  return element.checkVisibility() && element.getBoundingClientRect().width > 2 && !element.closest(".skip");
}

const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !seen(element) || element.matches(":disabled")) continue;
  const ratio = contrast(element);
  if (ratio < 4.5) faults.push(`faint (${ratio.toFixed(2)}): ${texts.currentNode.data.trim().slice(0, 40)}`);
}
for (const target of document.querySelectorAll("button, nav a, .button, input:not([type=hidden], [type=radio]), textarea, .severity")) {
  const { height } = target.getBoundingClientRect();
  if (seen(target) && height < 43.5) faults.push(`low (${height}px): ${target.outerHTML.slice(0, 60)}`);
}
for (const field of document.querySelectorAll("input:not([type=hidden]), textarea")) {
  if (!field.labels.length) faults.push(`no label: ${field.outerHTML.slice(0, 60)}`);
}
return faults;
