// Ten goroutines that let each other run.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
)

func yielding(times int, done chan<- int) {
	for i := 0; i < times; i++ {
		runtime.Gosched()
	}
	done <- times
}

func main() {
	times := 200_000
	if len(os.Args) > 1 {
		times, _ = strconv.Atoi(os.Args[1])
	}
	done := make(chan int)
	for i := 0; i < 10; i++ {
		go yielding(times, done)
	}
	total := 0
	for i := 0; i < 10; i++ {
		total += <-done
	}
	fmt.Println(total)
}
