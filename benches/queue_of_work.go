// Work handed from one goroutine to another by a channel of ten places.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func produce(queue chan<- int, pieces int) {
	for number := 0; number < pieces; number++ {
		queue <- number
	}
	close(queue)
}

func main() {
	pieces := 2_000_000
	if len(os.Args) > 1 {
		pieces, _ = strconv.Atoi(os.Args[1])
	}
	queue := make(chan int, 10)
	go produce(queue, pieces)
	total := 0
	for number := range queue {
		total += number
	}
	fmt.Println(total)
}
