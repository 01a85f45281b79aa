#define ANSWER 40
