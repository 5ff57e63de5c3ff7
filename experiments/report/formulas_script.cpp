#include "experiments/report/formulas.hpp"

namespace evofactor::report {

std::string_view formulas_script() {
  return R"js(
(function(){
"use strict";
function by(id){return document.getElementById(id);}
var pool=by("formula-pool"),choice=by("formula-member");
if(!pool)return;
var years=by("plot-formula-years"),decay=by("plot-formula-decay"),search=null;
function decimal(value,digits){
  if(value===null)return "\u2013";
  return value.toFixed(digits).replace(/^-(0?\.?0*)$/,"$1").replace(/^(-?)0\./,"$1.").replace("-","\u2212");
}
function percent(value){return value===null?"\u2013":(100*value).toFixed(1)+" %";}
function add(parent,tag,text,style){
  var made=document.createElement(tag);
  if(text!==undefined)made.textContent=text;
  if(style)made.className=style;
  parent.appendChild(made);
  return made;
}
function emptied(id){var box=by(id);box.textContent="";return box;}
function signed(member){return (member.sign<0?"\u2212 ":"")+member.text;}
function breeding(op,generation){
  if(!op)return "";
  if(op==="initial")return "given at the start";
  return (op==="create"?"created":op.replace(/_/g," "))+", generation "+generation;
}
function about(m){
  var box=emptied("formula-about"),facts=[];
  add(box,"code",signed(m),"formula");
  if(m.op)facts.push(breeding(m.op,m.generation));
  facts.push("fitness "+decimal(m.fitness,3));
  if(m.weight!==null)facts.push("weight "+decimal(m.weight,2));
  if(m.sign<0)facts.push("used negated");
  if(m.base)facts.push("reads price levels");
  add(box,"p",facts.join(" \u00b7 "),"genes");
}
function tree(m){
  var box=emptied("formula-tree"),svgNames="http://www.w3.org/2000/svg";
  if(!m.tree)return;
  function shape(parent,tag,attributes){
    var made=document.createElementNS(svgNames,tag);
    Object.keys(attributes).forEach(function(k){made.setAttribute(k,attributes[k]);});
    parent.appendChild(made);
    return made;
  }
  // A wide tree is made smaller as long as it can be read, and scrolls beyond that.
  var w=m.tree.width,h=m.tree.height,scale=Math.min(1,Math.max(0.75,box.clientWidth/w));
  var svg=shape(box,"svg",{"class":"drawing",role:"img","aria-label":"Tree of the formula",
    width:Math.round(w*scale),height:Math.round(h*scale),viewBox:"0 0 "+w+" "+h});
  var nodes=m.tree.nodes;
  nodes.forEach(function(n){n[5].forEach(function(c){
    var child=nodes[c];
    shape(svg,"path",{d:"M"+n[1]+" "+(n[2]+m.tree.box)+"L"+child[1]+" "+child[2]});
  });});
  nodes.forEach(function(n){
    shape(svg,"rect",{"class":n[4]?"leaf":"",x:n[1]-n[3]/2,y:n[2],width:n[3],height:m.tree.box,rx:n[4]?11:4});
    shape(svg,"text",{x:n[1],y:n[2]+15}).textContent=n[0];
  });
}
function scores(m){
  var table=add(emptied("formula-scores"),"table"),head=add(add(table,"thead"),"tr"),body=add(table,"tbody");
  ["part","rank IC","ICIR","t","above 0","neutralised rank IC","IC","coverage","turnover","days"].forEach(function(name){add(head,"th",name);});
  m.scores.forEach(function(s){
    if(s[1]===null)return;
    var row=add(body,"tr");
    add(row,"th",s[0]).scope="row";
    [decimal(s[1],3),decimal(s[2],2),decimal(s[3],1),percent(s[4]),decimal(s[5],3),decimal(s[6],3),percent(s[7]),decimal(s[8],2),
     decimal(s[9],0)].forEach(function(text){add(row,"td",text);});
  });
}
function fill(box,traces){
  var figure=box.closest("figure");
  figure.hidden=traces.every(function(t){return t.x.length===0;});
  if(figure.hidden)return;
  box._spec=box._spec||JSON.parse(by(box.id+"-data").textContent);
  box._spec.data.forEach(function(trace,i){Object.assign(trace,traces[i]);});
  evofactorDraw(box);
}
function charts(m){
  fill(years,["train","validate","test"].map(function(part){
    var own=m.years.filter(function(y){return y[1]===part;});
    return {x:own.map(function(y){return String(y[0]);}),y:own.map(function(y){return y[2];}),customdata:own.map(function(y){return y[3];})};
  }));
  fill(decay,[{x:m.decay.map(function(p){return String(p[0]);}),y:m.decay.map(function(p){return p[1];}),
    customdata:m.decay.map(function(p){return p[2];})}]);
}
function likeness(id,title,list){
  var box=emptied(id);
  if(list.length===0)return;
  add(box,"h3",title);
  var body=add(add(box,"table",undefined,"likeness"),"tbody");
  list.forEach(function(one){
    var row=add(body,"tr"),value=one[1]||0,name=add(row,"th");
    name.scope="row";
    one[0].split("_").forEach(function(part,i){
      if(i>0)name.append("_",document.createElement("wbr"));
      name.append(part);
    });
    var bar=add(add(row,"td"),"span",undefined,"bar"),part=add(bar,"i");
    part.style.left=(50+50*Math.min(0,value))+"%";
    part.style.width=50*Math.abs(value)+"%";
    add(row,"td",decimal(one[1],2));
  });
}
function lineage(m){
  var box=emptied("formula-lineage"),shown={},told=m.ancestors.length;
  if(m.parents.length===0||told===0)return;
  add(box,"h3","Lineage");
  add(box,"p","What the formula was bred from, parents below their child: "+told+(told===1?" ancestor":" ancestors")+", at most five steps back.");
  var list=add(box,"div",undefined,"lineage tall");
  function entry(depth,facts,text){
    var item=add(list,"div");
    item.style.setProperty("--depth",depth);
    add(item,"small",facts);
    if(text)add(item,"code",text);
  }
  // Each ancestor stands below the nearest of its children: `ancestors` is in order of nearness.
  var below={};
  function claim(child,parents){
    below[child]=parents.filter(function(id){
      if(m.ancestors.indexOf(id)<0||shown[id])return false;
      shown[id]=true;
      return true;
    });
  }
  claim(m.id,m.parents);
  m.ancestors.forEach(function(id){claim(id,search.ancestors[id][4]);});
  function walk(child,parents,depth){
    parents.forEach(function(id,i){
      if(parents.indexOf(id)<i)return;
      var a=search.ancestors[id];
      if(m.ancestors.indexOf(id)<0)return;
      if(below[child].indexOf(id)<0){entry(depth,"candidate "+id+", listed under another child");return;}
      entry(depth,"candidate "+id+" \u00b7 "+breeding(a[0],a[1])+" \u00b7 fitness "+decimal(a[2],3),a[3]);
      walk(id,a[4],depth+1);
    });
  }
  entry(0,"this factor \u00b7 candidate "+m.id+" \u00b7 "+breeding(m.op,m.generation)+" \u00b7 fitness "+decimal(m.fitness,3));
  walk(m.id,m.parents,1);
}
function show(){
  var m=search.members[Number(choice.value)];
  about(m);tree(m);scores(m);charts(m);
  likeness("formula-known","Nearest known factors",m.known);
  likeness("formula-styles","Likeness to styles",m.styles);
  lineage(m);
}
function open(){
  search=JSON.parse(by("formulas-"+pool.value).textContent);
  choice.textContent="";
  search.members.forEach(function(m,i){
    var text=signed(m);
    add(choice,"option",(i+1)+": "+decimal(m.fitness,3)+" "+(text.length>90?text.slice(0,89)+"\u2026":text)).value=i;
  });
  show();
}
window.addEventListener("resize",function(){tree(search.members[Number(choice.value)]);});
pool.addEventListener("change",open);
choice.addEventListener("change",show);
open();
})();
)js";
}

}  // namespace evofactor::report
