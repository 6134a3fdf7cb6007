// A million goroutines, a thousand at a time.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

func main() {
	rounds := 1000
	if len(os.Args) > 1 {
		rounds, _ = strconv.Atoi(os.Args[1])
	}
	total := 0
	results := make([]int, 1000)
	for i := 0; i < rounds; i++ {
		var tasks sync.WaitGroup
		tasks.Add(len(results))
		for number := range results {
			go func(number int) {
				results[number] = number + 1
				tasks.Done()
			}(number)
		}
		tasks.Wait()
		for _, result := range results {
			total += result
		}
	}
	fmt.Println(total)
}
