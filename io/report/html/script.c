// The script of report.html: reads the slider's places, says what each is worth, moves the mark of the plot.
//
// Numbers stand in the page as people read them: commas between thousands, U+2212 for minus.
#include "io/report/html/script.h"

// clang-format off
const char REPORT_SCRIPT[] =
  "(() => {\n"
  "  const box = document.getElementById('threshold'), mark = document.getElementById('threshold-mark');\n"
  "  if (!box || !mark) return;\n"
  "  const range = box.querySelector('input'), output = box.querySelector('output'), about = box.dataset;\n"
  "  const places = about.places.split(';').map((place) => place.split(',').map(Number));\n"
  "  const [left, width, zero, rise] = about.frame.split(',').map(Number);\n"
  "  const write = (number, decimals) => number.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace('-', '\u2212');\n"
  "  const money = (value) => write(value, Number(about.decimals)) + ' ' + about.unit;\n"
  "  const beside = (value) => {\n"
  "    if (about.operating === undefined) return '';\n"
  "    const more = value - Number(about.operating), size = money(Math.abs(more));\n"
  "    return size === money(0) ? ', as at the operating point' : ', ' + size + (more > 0 ? ' more' : ' less') + ' than at the operating point';\n"
  "  };\n"
  "  const show = () => {\n"
  "    const [threshold, acted, value] = places[Number(range.value)];\n"
  "    const where = 1 >= threshold ? 'where the score is ' + about.cut + ' ' + Number(threshold.toPrecision(4))\n"
  "      : about.cut === 'below' ? 'on every row' : 'on no row';\n"
  "    const words = 'Acting ' + where + ': ' + write(acted, 0) + ' rows (' + write(100 * acted / Number(about.rows), 1) +\n"
  "      ' %), worth ' + money(value) + beside(value) + '.';\n"
  "    output.textContent = words;\n"
  "    range.setAttribute('aria-valuetext', words);\n"
  "    mark.setAttribute('transform', 'translate(' + (left + width * acted / Number(about.rows)) + ' 0)');\n"
  "    mark.lastElementChild.setAttribute('cy', zero + rise * value);\n"
  "  };\n"
  "  range.addEventListener('input', () => { mark.classList.add('on'); show(); });\n"
  "  show();\n"
  "  box.hidden = false;\n"
  "})();\n";
// clang-format on
