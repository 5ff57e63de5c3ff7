#include "experiments/report/page_assets.hpp"

namespace evofactor::report {

std::string_view page_style() {
  // Arm colours follow Okabe and Ito (2008), darkened or lightened until they stand 3:1 off the
  // paper.
  return R"css(
:root{color-scheme:light dark;
--paper:#fff;--panel:#f6f7f8;--ink:#1b1f24;--soft:#59636e;--rule:#d7dce1;--grid:#e8ebee;--link:#0a5ea8;
--good:#006b4f;--good-bg:#e2f2ec;--open:#7a5200;--open-bg:#fbf1dc;--bad:#a63a00;--bad-bg:#fbe8df;
--arm-0:#0072b2;--arm-1:#d55e00;--arm-2:#008a66;--arm-3:#b0508a;--arm-4:#a67c00;--arm-5:#2f95cf;
--random-0:#6f767d;--random-1:#a9afb5;--composite:#1b1f24;--volatility:#59636e;
--heat-low:#2166ac;--heat-mid:#f7f7f7;--heat-high:#b2510b;--heat-red:#b2182b}
@media (prefers-color-scheme:dark){:root{
--paper:#14171a;--panel:#1d2125;--ink:#e6e9ec;--soft:#a0a9b2;--rule:#363c43;--grid:#272c31;--link:#7cc0f5;
--good:#6fd3ae;--good-bg:#15352b;--open:#e9bf6a;--open-bg:#362b14;--bad:#f5a27a;--bad-bg:#3c2217;
--arm-0:#56b4e9;--arm-1:#f2894a;--arm-2:#35c79c;--arm-3:#df8fc0;--arm-4:#dcb640;--arm-5:#9ccdf3;
--random-0:#8b939b;--random-1:#5f676f;--composite:#e6e9ec;--volatility:#a0a9b2;
--heat-low:#5aa4e0;--heat-mid:#1d2125;--heat-high:#ec8b45;--heat-red:#f0695c}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
a{color:var(--link);text-underline-offset:2px}
.shell{max-width:1280px;margin:0 auto;padding:0 24px 64px;display:grid;grid-template-columns:160px minmax(0,1fr);gap:40px}
nav{position:sticky;top:0;align-self:start;padding:40px 0;max-height:100vh;overflow:auto;font-size:14px}
nav ol{list-style:none;margin:0;padding:0}
nav a{display:block;padding:4px 0;color:var(--soft);text-decoration:none}
nav a:hover,nav a:focus-visible{color:var(--ink);text-decoration:underline}
main{padding-top:36px;min-width:0}
.over{margin:0;color:var(--soft);font-size:14px}
h1{font-size:32px;line-height:1.2;letter-spacing:-.015em;margin:4px 0 10px;font-weight:650;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:22px;line-height:1.3;letter-spacing:-.01em;margin:64px 0 8px;font-weight:650;scroll-margin-top:16px}
h3{font-size:16px;margin:32px 0 4px;font-weight:650;overflow-wrap:anywhere}
p{margin:8px 0;max-width:70ch}
.lead{font-size:18px;color:var(--soft);overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(215px,1fr));gap:12px;margin:24px 0 8px}
.card{background:var(--panel);border-radius:10px;padding:16px 18px}
.card h3{margin:0;font-size:14px;font-weight:500;color:var(--soft)}
.card .big{font-size:30px;line-height:1.25;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums;margin:2px 0}
.card p{margin:2px 0;font-size:14px;color:var(--soft)}
.mark{display:inline-block;padding:1px 8px;border-radius:9px;font-size:13px;font-weight:550;white-space:nowrap}
.mark.good{color:var(--good);background:var(--good-bg)}
.mark.open{color:var(--open);background:var(--open-bg)}
.mark.bad{color:var(--bad);background:var(--bad-bg)}
.mark.none{color:var(--soft);background:var(--panel)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(270px,100%),1fr));gap:0 32px;margin:20px 0 0}
.facts div{border-top:1px solid var(--rule);padding:9px 0}
.facts dt{font-size:13px;color:var(--soft)}
.facts dd{margin:0;font-size:15px;overflow-wrap:anywhere}
.notice{border-left:3px solid var(--open);background:var(--open-bg);padding:8px 16px;border-radius:0 8px 8px 0;margin:16px 0}
.notice p{margin:4px 0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:12px 0;border-bottom:1px solid var(--rule)}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4}
th,td{padding:7px 9px;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;border-top:1px solid var(--grid);vertical-align:baseline}
thead th{border-top:0;border-bottom:1px solid var(--rule);color:var(--soft);font-weight:500;font-size:13px;vertical-align:bottom;white-space:normal}
tbody th{font-weight:550}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--paper);padding-left:0;z-index:1}
td.text,th.text{text-align:left}
td.wrap{white-space:normal;min-width:260px;overflow-wrap:anywhere}
td small{color:var(--soft);font-size:12px;white-space:nowrap}
tr.base th,tr.base td{color:var(--soft)}
tr.first-base th,tr.first-base td{border-top:1px solid var(--rule)}
td.lost{color:var(--bad)}
.key{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
pre{background:var(--panel);border-radius:8px;padding:14px 16px;overflow:auto;max-height:480px;line-height:1.45}
figure{margin:28px 0 0;min-width:0}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 32px}
.plot{width:100%;position:relative}
.plot[data-waiting]{background:var(--panel);border-radius:8px}
figure h3{margin:0 0 6px}
.plot.square{max-width:500px}
figcaption{font-size:14px;color:var(--soft);margin-top:6px;max-width:78ch}
select{font:inherit;font-size:14px;color:inherit;background:var(--paper);border:1px solid var(--rule);border-radius:6px;padding:4px 8px;max-width:100%}
.choice{font-size:14px;color:var(--soft);display:block;margin:4px 0 6px}
details{border-top:1px solid var(--rule);padding:2px 0}
details:last-of-type{border-bottom:1px solid var(--rule)}
details details{margin-left:18px}
summary{cursor:pointer;padding:8px 0;font-size:15px}
summary:focus-visible,a:focus-visible,select:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.tall{max-height:540px;overflow:auto}
.tall thead th{position:sticky;top:0;background:var(--paper);z-index:2;border-bottom:0;box-shadow:inset 0 -1px var(--rule)}
table.pool{table-layout:fixed;min-width:880px}
table.pool td{white-space:normal}
td details,td details:last-of-type{border:0;padding:0;margin:0}
td summary{padding:0;font-size:13px;display:flex;align-items:baseline;gap:6px;list-style:none}
td summary::-webkit-details-marker{display:none}
td summary::before{content:"\25B8";color:var(--soft);flex:none}
td details[open]>summary::before{content:"\25BE"}
tr.drawn{display:none}
tr:has(details[open])+tr.drawn{display:table-row}
tr.drawn td{border-top:0;padding:0 0 8px 52px}
@supports not selector(:has(a)){tr.drawn{display:table-row}}
td summary code{font-size:13px}
.cut{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
details:not([open])>summary .cut wbr{display:none}
details[open]>summary .cut{white-space:normal;overflow-wrap:anywhere}
.drawing-box{overflow-x:auto;padding:10px 0 4px}
.drawing{display:block}
.drawing path{stroke:var(--soft);stroke-width:1.2;fill:none}
.drawing rect{fill:var(--panel);stroke:var(--soft)}
.drawing rect.leaf{fill:var(--paper);stroke:var(--link)}
.drawing text{font:12px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);text-anchor:middle}
code.formula{display:block;background:var(--panel);border-radius:8px;padding:12px 16px;margin:12px 0 0;line-height:1.5;overflow-wrap:anywhere}
.choices{display:flex;flex-wrap:wrap;gap:0 20px;margin-top:12px}
.choices .choice{min-width:0}
[hidden]{display:none}
table.likeness th{font-weight:400;width:45%}
table.likeness td:last-child{width:1%}
.bar{display:block;position:relative;height:10px;border-radius:3px;background:linear-gradient(var(--soft),var(--soft)) center/1px 100% no-repeat var(--panel)}
.bar i{position:absolute;top:0;height:100%;background:var(--arm-0);border-radius:3px}
.lineage>div{margin-left:calc(var(--depth)*18px);border-left:2px solid var(--rule);padding:3px 0 3px 12px}
.lineage small{display:block;color:var(--soft);font-size:13px}
.lineage code{display:block;overflow-wrap:anywhere}
.genes{font-size:13px;color:var(--soft);white-space:normal;margin:6px 0 0}
dl.glossary dt{font-weight:600;margin-top:12px}
dl.glossary dd{margin:0;color:var(--soft);max-width:70ch}
@media (max-width:960px){
.shell{display:block;padding:0 16px 48px}
nav{position:static;padding:16px 0 0;max-height:none}
nav ol{display:flex;gap:4px 16px;flex-wrap:wrap}
nav a{padding:2px 0}
main{padding-top:20px}
.pair{display:block}
.lineage>div{margin-left:calc(var(--depth)*8px)}
h1{font-size:26px}
h2{margin-top:48px}
}
@media (max-width:560px){
body{font-size:15px}.lead{font-size:16px}
.cards{grid-template-columns:1fr}
tbody th:first-child{white-space:normal;min-width:122px;padding-right:6px}
}
@media print{:root{color-scheme:light;
--paper:#fff;--panel:#f6f7f8;--ink:#000;--soft:#444;--rule:#bbb;--grid:#ddd;--link:#000;
--good:#006b4f;--good-bg:#fff;--open:#7a5200;--open-bg:#fff;--bad:#a63a00;--bad-bg:#fff;
--arm-0:#0072b2;--arm-1:#d55e00;--arm-2:#008a66;--arm-3:#b0508a;--arm-4:#a67c00;--arm-5:#2f95cf;
--random-0:#6f767d;--random-1:#a9afb5;--composite:#000;--volatility:#444;--heat-low:#2166ac;--heat-mid:#f7f7f7;--heat-high:#b2510b;--heat-red:#b2182b}
.shell{display:block;max-width:none;padding:0}nav,select,.choice,.choices{display:none}
figure,tr,.card{break-inside:avoid}h2,h3{break-after:avoid}
.scroll,.tall{overflow:visible;max-height:none}table.pool{min-width:0}table{font-size:9pt}th,td{padding:3px 5px}}
)css";
}

std::string_view page_script() {
  return R"js(
(function(){
"use strict";
var root=document.documentElement,printing=false,drawn=new Map();
function figures(){return Array.prototype.slice.call(document.querySelectorAll(".plot"));}
function spec(box){
  if(!box._spec)box._spec=JSON.parse(document.getElementById(box.id+"-data").textContent);
  return box._spec;
}
function painted(value,style){
  if(typeof value==="string"){
    var m=/^var\((--[a-z0-9-]+)\)$/.exec(value);
    return m?style.getPropertyValue(m[1]).trim():value;
  }
  if(Array.isArray(value))return value.length>2&&typeof value[0]==="number"?value:value.map(function(v){return painted(v,style);});
  if(value&&typeof value==="object"){
    var copy={};
    Object.keys(value).forEach(function(k){copy[k]=painted(value[k],style);});
    return copy;
  }
  return value;
}
function axis(given,style,narrow){
  var a=Object.assign({gridcolor:"var(--grid)",zerolinecolor:"var(--soft)",linecolor:"var(--rule)",zerolinewidth:1,
    automargin:true,fixedrange:narrow},given||{});
  if(a.title)a.title=Object.assign({standoff:8},a.title);
  return painted(a,style);
}
function draw(box){
  if(box.closest("[hidden]"))return;
  var s=spec(box),style=getComputedStyle(root),body=getComputedStyle(document.body);
  var narrow=box.clientWidth<520;
  var version=s.variants?s.variants[box._variant||0]:s;
  var data=version.data,given=version.layout||s.layout;
  var layout=painted(given,style);
  ["xaxis","yaxis"].concat(Object.keys(given).filter(function(k){return /^[xy]axis\d+$/.test(k);})).forEach(function(k){
    layout[k]=axis(given[k],style,narrow);
  });
  layout.paper_bgcolor="rgba(0,0,0,0)";
  layout.plot_bgcolor="rgba(0,0,0,0)";
  layout.font={family:body.fontFamily,size:narrow?11:12.5,color:style.getPropertyValue("--soft").trim()};
  layout.hoverlabel={font:{family:body.fontFamily,size:13},bgcolor:style.getPropertyValue("--panel").trim(),
    bordercolor:style.getPropertyValue("--rule").trim()};
  layout.hoverlabel.font.color=style.getPropertyValue("--ink").trim();
  // A legend of many names takes a line each on a narrow screen; the drawing keeps its height.
  var names=narrow&&layout.showlegend?data.filter(function(t){return t.showlegend!==false;}).length:0;
  if(!box._height)box._height=box.clientHeight;
  layout.height=box._height+20*Math.max(0,names-2);
  box.style.height=layout.height+"px";
  layout.width=box.clientWidth;
  if(narrow&&layout.margin)layout.margin=Object.assign({},layout.margin,{l:Math.min(layout.margin.l,44),r:6});
  box.removeAttribute("data-waiting");
  drawn.set(box,true);
  return Plotly.react(box,painted(data,style),layout,{displaylogo:false,displayModeBar:false,responsive:false});
}
window.evofactorDraw=draw;
function redraw(){drawn.forEach(function(_,box){draw(box);});}
document.querySelectorAll("select[data-figure]").forEach(function(choice){
  choice.addEventListener("change",function(){
    choice.dataset.figure.split(" ").forEach(function(id){
      var box=document.getElementById(id);
      if(!box)return;
      box._variant=Number(choice.value);
      draw(box);
    });
  });
});
function unfold(later){
  var text=later.querySelector("script[type='text/html']");
  if(!text)return;
  text.remove();
  later.insertAdjacentHTML("beforeend",text.textContent.split("<\\/").join("</"));
}
document.querySelectorAll("details.later").forEach(function(later){
  later.addEventListener("toggle",function(){unfold(later);});
});
// One figure after the other, so that the page scrolls while they are drawn.
var queue=figures();
(function next(){
  var box=queue.shift();
  if(!box)return;
  if(!drawn.has(box))draw(box);
  setTimeout(next,0);
})();
var timer=0,width=window.innerWidth;
window.addEventListener("resize",function(){
  if(window.innerWidth===width||printing)return;
  width=window.innerWidth;
  clearTimeout(timer);timer=setTimeout(redraw,120);
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change",redraw);
window.matchMedia("print").addEventListener("change",function(e){printing=e.matches;if(e.matches)figures().forEach(draw);else redraw();});
})();
)js";
}

}  // namespace evofactor::report
