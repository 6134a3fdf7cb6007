" How text is typed in Corolang scripts.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=#\ %s comments=:#
setlocal expandtab shiftwidth=4 softtabstop=4 autoindent
" A block begins after a colon.
setlocal nosmartindent indentexpr=CorolangIndent() indentkeys+=0=elif,0=else:,0=except,0=finally:

let b:undo_ftplugin = 'setlocal commentstring< comments< expandtab< shiftwidth< softtabstop< autoindent< indentexpr< indentkeys<'

if exists('*CorolangIndent')
  finish
endif

function CorolangIndent() abort
  let above = prevnonblank(v:lnum - 1)
  if above == 0
    return 0
  endif
  let indent = indent(above)
  if getline(above) =~# ':\s*\%(#.*\)\?$'
    let indent += shiftwidth()
  elseif getline(above) =~# '^\s*\%(break\|continue\|pass\|raise\|return\)\>'
    let indent -= shiftwidth()
  endif
  if getline(v:lnum) =~# '^\s*\%(elif\|else\|except\|finally\)\>' && getline(above) !~# ':\s*$'
    let indent -= getline(above) =~# '^\s*\%(break\|continue\|pass\|raise\|return\)\>' ? 0 : shiftwidth()
  endif
  return max([indent, 0])
endfunction
