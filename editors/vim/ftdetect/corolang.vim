autocmd BufRead,BufNewFile *.co setfiletype corolang
