// A hundred thousand goroutines, each sleeping for some milliseconds.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

func sleep(number int, done chan<- int) {
	time.Sleep(time.Duration(number%50) * time.Millisecond)
	done <- number
}

func main() {
	tasks := 100_000
	if len(os.Args) > 1 {
		tasks, _ = strconv.Atoi(os.Args[1])
	}
	done := make(chan int)
	for number := 0; number < tasks; number++ {
		go sleep(number, done)
	}
	total := 0
	for i := 0; i < tasks; i++ {
		total += <-done
	}
	fmt.Println(total)
}
