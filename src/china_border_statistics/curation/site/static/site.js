// Charts, the choice of language, and old links. Without it the pages still hold every figure in their tables.
"use strict";

const root = new URL("..", document.currentScript.src).href;

// --- Labels in English or Chinese, as the reader chose
function chosenLabels() {
  return document.documentElement.dataset.labels === "zh" ? "zh" : "en";
}

function chooseLabels(labels) {
  document.documentElement.dataset.labels = labels;
  try {
    localStorage.setItem("labels", labels);
  } catch (error) {
    // Storage may be forbidden; the choice then holds for this page.
  }
  for (const button of document.querySelectorAll(".labels-switch")) describeSwitch(button);
  for (const chart of document.querySelectorAll(".drawing.drawn")) draw(chart);
}

function describeSwitch(button) {
  const toChinese = chosenLabels() === "en";
  button.textContent = toChinese ? "中文" : "English";
  button.lang = toChinese ? "zh-Hans" : "en";
  button.setAttribute("aria-label", toChinese ? "中文：标签改用中文" : "English: labels in English");
}

function addSwitches() {
  for (const toggle of document.querySelectorAll(".theme-toggle-container")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "labels-switch";
    describeSwitch(button);
    button.addEventListener("click", () => chooseLabels(chosenLabels() === "en" ? "zh" : "en"));
    toggle.before(button);
  }
}

// --- Charts: the runtime is fetched once, and a chart when it comes near the window
let runtime;

function loadRuntime() {
  runtime ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}charts/vega.js`;
    script.onload = () => resolve(window.vegaEmbed);
    script.onerror = () => reject(new Error(`${script.src} can't be loaded`));
    document.head.append(script);
  });
  return runtime;
}

function chartStyle() {
  // currentColor lets the page's theme, and print, colour the text of a chart that is already drawn.
  const ink = "currentColor";
  const font = getComputedStyle(document.body).fontFamily;
  return {
    font,
    background: null,
    axis: {
      labelColor: ink, titleColor: ink, tickColor: ink, domainColor: ink, gridColor: ink,
      gridOpacity: 0.13, domainOpacity: 0.4, tickOpacity: 0.4, titleFontWeight: "normal", labelFontSize: 12, titleFontSize: 12,
    },
    axisX: { grid: false },
    legend: { labelColor: ink, labelFontSize: 12 },
    view: { stroke: null },
  };
}

async function read(file) {
  return (await fetch(`${root}charts/${file}`)).text();
}

async function draw(element) {
  const words = chosenLabels() === "zh" ? JSON.parse(await read("zh.json")) : {};
  // Names of fields stay; every other text that has a Chinese word becomes it.
  const translate = (key, value) => (key !== "field" && Object.hasOwn(words, value) ? words[value] : value);
  const [embed, chart] = await Promise.all([loadRuntime(), read(element.dataset.chart)]);
  await embed(element, JSON.parse(chart, translate), {
    actions: false,
    config: chartStyle(),
    loader: { baseURL: root },
    renderer: "svg",
  });
  element.classList.add("drawn");
}

function watchCharts() {
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      observer.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "400px" });
  for (const element of document.querySelectorAll(".drawing")) observer.observe(element);
}

// --- A link to an id that has changed goes on to where the figure is now
function followMoved() {
  const entry = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const target = entry?.matches("li") && entry.querySelector("a.moved-to");
  if (target) location.replace(target.href);
}

// --- Print shows what is folded away on the screen
function unfold() {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    addEventListener("afterprint", () => { details.open = false; }, { once: true });
  }
}

addEventListener("beforeprint", unfold);
addEventListener("hashchange", followMoved);
addEventListener("DOMContentLoaded", () => {
  addSwitches();
  watchCharts();
  followMoved();
});
