" Colours of Corolang scripts.
if exists('b:current_syntax')
  finish
endif

syntax keyword coroStatement as assert async await break continue del from global import nonlocal pass raise return with yield
syntax keyword coroRepeat for while
syntax keyword coroConditional elif else if
syntax keyword coroException except finally try
syntax keyword coroOperator and in is lambda not or
syntax keyword coroConstant False None True Ellipsis NotImplemented
syntax keyword coroStructure class def nextgroup=coroName skipwhite
syntax match coroName /\K\k*/ contained
" Words that are keywords only where a statement begins.
syntax match coroConditional /^\s*\zs\%(match\|case\)\ze\s\+[^=:.,]/
syntax match coroStructure /^\s*\zstype\ze\s\+\K\k*\s*[=[]/
syntax match coroDecorator /^\s*\zs@\s*[[:alnum:]_.]\+/

syntax match coroNumber /\<0[xX]\%(_\=\x\)\+\>/
syntax match coroNumber /\<0[oO]\%(_\=\o\)\+\>/
syntax match coroNumber /\<0[bB]\%(_\=[01]\)\+\>/
syntax match coroNumber /\<\d\%(_\=\d\)*\%(\.\%(\d\%(_\=\d\)*\)\=\)\=\%([eE][+-]\=\d\+\)\=[jJ]\=/
syntax match coroNumber /\.\d\%(_\=\d\)*\%([eE][+-]\=\d\+\)\=[jJ]\=/

syntax match coroEscape /\\\%(x\x\{2}\|u\x\{4}\|U\x\{8}\|N{[^}]*}\|\o\{1,3}\|.\|$\)/ contained
syntax region coroField matchgroup=coroBrace start=/{\@1<!{{\@!/ end=/}/ contained contains=TOP
syntax region coroString start=/\<[uUbB]\=\z('''\|"""\)/ end=/\z1/ contains=coroEscape keepend
syntax region coroString start=/\<[uUbB]\=\z(['"]\)/ skip=/\\./ end=/\z1\|$/ contains=coroEscape
syntax region coroString start=/\z('''\|"""\)/ end=/\z1/ contains=coroEscape keepend
syntax region coroString start=/\z(['"]\)/ skip=/\\./ end=/\z1\|$/ contains=coroEscape
syntax region coroString start=/\<\%([rR][bB]\=\|[bB][rR]\)\z('''\|"""\)/ end=/\z1/ keepend
syntax region coroString start=/\<\%([rR][bB]\=\|[bB][rR]\)\z(['"]\)/ skip=/\\./ end=/\z1\|$/
syntax region coroString start=/\<\%([ftFT][rR]\=\|[rR][ftFT]\)\z('''\|"""\)/ end=/\z1/ contains=coroEscape,coroField keepend
syntax region coroString start=/\<\%([ftFT][rR]\=\|[rR][ftFT]\)\z(['"]\)/ skip=/\\./ end=/\z1\|$/ contains=coroEscape,coroField

syntax match coroComment /#.*$/ contains=coroTodo,@Spell
syntax keyword coroTodo TODO FIXME XXX contained

highlight default link coroStatement Statement
highlight default link coroRepeat Repeat
highlight default link coroConditional Conditional
highlight default link coroException Exception
highlight default link coroOperator Operator
highlight default link coroConstant Constant
highlight default link coroStructure Structure
highlight default link coroName Function
highlight default link coroDecorator PreProc
highlight default link coroNumber Number
highlight default link coroString String
highlight default link coroEscape SpecialChar
highlight default link coroBrace Delimiter
highlight default link coroComment Comment
highlight default link coroTodo Todo

" Long strings begin far above.
syntax sync minlines=200
let b:current_syntax = 'corolang'
