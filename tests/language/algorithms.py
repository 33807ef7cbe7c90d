"""Algorithms of the subset, each with points at which it is run: the tests hold them against Python itself.

A head line `### name | point; point | words` stands before each. Words: "loop" – how often a loop runs, how deep calls
go, or a count depends on an input, so that there is no symbolic form; "open" – a name has a value under a condition on
an input only, so that there is none either; "swell" – SymPy takes longer than a test may; "rough" – difference
quotients do not apply at these points.
"""

import ast
from dataclasses import dataclass

_TEXT = r'''
### a constant | 1.0
def f(x):
    return 3.5

### identity | 1.0; -2.0
def f(x):
    return x

### no inputs at all |
def f():
    a = 2
    return a*3.5

### arithmetic | 1.5, 2.5; -0.5, 4.0
def f(x, y):
    return x + y*2 - x/y + (-x)*(+y) - -y

### powers bind from the right | 1.2
def f(x):
    return 2**x**2 + -x**2 + (-x)**2

### powers | 1.7, 2.3
def f(x, y):
    return x**y + y**-2 + pow(x, 3) + x**0.5

### assignments | 0.7
def f(x):
    a = x*x
    b = a + 1
    a = b*a
    return a - b

### augmented assignments | 0.7
def f(x):
    a = x
    a += 1
    a *= x + 2
    a -= x - 3
    a /= 2 + x
    a **= 2
    return a

### augmented with a sum on the right | 0.7, 1.1
def f(x, y):
    a = 10.0
    a -= x - y
    a /= x/y
    a *= x + y
    return a

### floor division and remainder of whole numbers | 1.3
def f(x):
    s = 0.0
    for n in range(-7, 8):
        for m in range(-3, 4):
            if m != 0:
                s += (n // m)*x + (n % m)*x**2
    return s

### floor division and remainder of an input | 7.3; -7.3; 0.4
def f(x):
    return x // 2 + 3*(x % 2) + x % -3 + (x // -3)*x

### augmented floor division and remainder | 17.25
def f(x):
    a = x
    a //= 2
    b = x
    b %= 5
    return a*x + b

### remainders inside each other | 17.3
def f(x):
    return (x % 7) % 3 + x % (5 % 3) + 2*(x % 4)

### int goes towards zero | 2.7; -2.7; 0.3; -0.3
def f(x):
    return int(x)*x + int(-x) + float(3)

### tuple swap | 1.0, 2.0
def f(x, y):
    x, y = y, x
    x, y = y + x, x*3
    return x - 2*y

### three at once | 1.0, 2.0
def f(x, y):
    a, b, c = x, y, x*y
    a, b, c = c, a, b
    [a, b] = [b, a]
    (a, b) = (a + 1, b)
    return a + 10*b + 100*c

### a name twice among the targets | 1.0, 2.0
def f(x, y):
    a, a = x, y
    return a

### several values | 1.1, -0.4
def f(x, y):
    return x*y, x + y, sin(x)

### several named values | 1.1
def f(r):
    area = pi*r**2
    edge = 2*pi*r
    return area, edge

### an if | 1.0; -1.0
def f(x):
    if x > 0:
        y = x*x
    else:
        y = -3*x
    return y

### an if without else | 1.0; -1.0
def f(x):
    y = x
    if x > 0:
        y = x*x*3
    return y

### elif | -2.0; 0.5; 1.5; 9.0
def f(x):
    if x < 0:
        y = x
    elif x < 1:
        y = x**2
    elif x < 2:
        y = x**3
    else:
        y = x**4
    return y

### ifs inside each other | 1.0, 1.0; 1.0, -1.0; -1.0, 1.0; -1.0, -1.0
def f(x, y):
    if x > 0:
        if y > 0:
            z = x*y
        else:
            z = x/y
    else:
        if y > 0:
            z = x - y
        else:
            z = x + y
    return z*z

### early return | 3.0; 0.5; -4.0
def f(x):
    if x > 2:
        return x**2
    if x > 0:
        return x**3
    y = x*5
    return y + 1

### return in an inner if | 3.0; 0.5; -4.0
def f(x):
    y = 1
    if x > 0:
        y = 2*x
        if x > 2:
            return y*y
        y = y + 1
    return y*x

### conditional expression | 1.5; -1.5
def f(x):
    return x**2 if x > 0 else x**3

### conditional expressions inside each other | 1.5; -1.5; 0.2
def f(x):
    return 1.0*x if x > 1 else (2.0*x if x > 0 else 3.0*x) + (x if x < -1 else 0)

### conditional expression in a sum | 1.5, 2.0; 2.0, 1.5
def f(x, y):
    return x*(y if x < y else 2) + (x if y < 1.9 else 3)*y - (1 if x == y else y)

### only one side is evaluated | 1.5; -1.5
def f(x):
    return sqrt(x) if x > 0 else sqrt(-x)

### and, or, not | 1.0, 1.0; 1.0, -1.0; -1.0, 1.0; -1.0, -1.0
def f(x, y):
    s = 0.0
    if x > 0 and y > 0:
        s += x
    if x > 0 or y > 0:
        s += 10*y
    if not x > 0:
        s += 100*x*x
    if not (x > 0 and y > 0):
        s += 1000*x
    if not (x > 0 or y > 0):
        s += 10000*y
    if x > 0 and (y > 0 or x < y) and not y == 3:
        s += 7*y
    return s

### and stops early | 0.0; 0.25; 4.0
def f(x):
    if x != 0 and 1/x > 2:
        return 1.0*x
    return 2.0*x

### or stops early | 0.0; 0.25; 4.0
def f(x):
    if x == 0 or 1/x > 2:
        return 1.0 + x
    return 2.0*x

### chained comparisons | -1.0; 0.5; 1.5; 3.0
def f(x):
    if 0 < x < 1:
        return x
    if 1 <= x < 2 <= 2:
        return x**2
    if 5 > x >= 3 != x:
        return x**4
    return x**3

### the middle of a chain is computed once | 1.0; 3.0
def step(a, x):
    a[0] = a[0] + 1
    return x

def f(x):
    a = [0.0]
    s = 1.0 if 0 < step(a, x) < 2 else 5.0
    return s*x + a[0]*x

### a chain that fails early leaves the rest | 1.0; -1.0
def step(a, x):
    a[0] = a[0] + 1
    return x

def f(x):
    a = [0.0]
    if 0 < x < step(a, 3) < step(a, 4):
        x = x*2
    return a[0] + x

### True and False as conditions | 1.5
def f(x):
    s = x
    if True:
        s = s*2
    if False:
        s = s*3
    if not True or (x > 0 and not False):
        s = s + 1
    while False:
        s = 0
    return s

### for over range | 1.5
def f(x):
    s = 0
    for i in range(5):
        s = s + i*x
    return s

### zip of two lists, one longer | 1.5, 0.5
def f(w, b):
    xs = [1, 2, 3, 4]
    ys = [2.1, w, 6]
    loss = 0
    for x, y in zip(xs, ys):
        loss += (w*x + b - y)**2
    return loss/len(ys) + x

### zip of three, with a range, and break | 1.5
def f(x):
    s = 0
    for a, k, c in zip([x, 2, 3], range(1, 9), [x*x, 1, 7]):
        if k == 3:
            break
        s += a*c**k
    return s

### enumerate, from 0 and from 1 | 1.5
def f(x):
    coefficients = [1, x, 3]
    s = 0
    for i, c in enumerate(coefficients):
        s += c*x**i
    for i, c in enumerate(coefficients, 1):
        s += i*c
    for i, c in enumerate(coefficients, start=2):
        s += c/i
    return s

### enumerate of zip, and pairs | 1.5
def f(x):
    s = 0
    for i, (a, b) in enumerate(zip([x, 2], [3, x])):
        s += (i + 1)*a*b
    for a, (b, c) in [(1, (2, x)), (x, (3, 4))]:
        s += a*b*c
    return s

### zip and enumerate in generators | 1.5
def f(w):
    x = 2
    errors = [w*x - y for x, y in zip([1, 2, 3], [2, 4, w])]
    return sum(e*e for e in errors) + max(i*e for i, e in enumerate(errors)) + x

### range with a start | 1.5
def f(x):
    s = 0
    for i in range(2, 6):
        s += x**i
    return s

### range with a step | 1.5
def f(x):
    s = 0
    for i in range(1, 10, 3):
        s += x*i
    for i in range(10, 0, -4):
        s += i*x**2
    return s

### ranges that are empty | 1.5
def f(x):
    s = x
    for i in range(0):
        s = 0
    for i in range(3, 3):
        s = 0
    for i in range(3, -3):
        s = 0
    for i in range(3, 5, -1):
        s = 0
    return s

### the loop variable after the loop | 1.5
def f(x):
    for i in range(4):
        x = x + 1
    return i*x

### the loop variable assigned in the loop | 1.5
def f(x):
    s = 0
    for i in range(4):
        i = i*2
        s += i*x
    return s + i

### a loop variable that stays when the loop is empty | 1.5
def f(x):
    i = 7
    for i in range(0):
        x = 0
    return i*x

### for over a list | 1.5
def f(x):
    s = 0
    for c in [3, 1, 4, 1.5]:
        s = s*x + c
    return s

### for over a tuple | 1.5
def f(x):
    s = 0
    for c in (x, x*x, 2):
        s = s + c
    return s

### for over a named list | 1.5
def f(x):
    a = [x, 2*x, x**3]
    s = 1
    for c in a:
        s *= c
    return s

### a list that changes while it is looped over | 1.5
def f(x):
    a = [x, 0, 0]
    s = 0
    for c in a:
        a[1] = a[0]*2
        a[2] = a[1] + 1
        s += c
    return s

### a name rebound while its list is looped over | 1.5
def f(x):
    a = [x, 2*x]
    s = 0
    for c in a:
        a = [100, 200]
        s += c
    return s + a[0]

### the range is computed once | 1.5
def f(x):
    n = 3
    s = 0
    for i in range(n):
        n = 10
        s += x
    return s*n

### a loop variable without interest | 1.5
def f(x):
    for _ in range(3):
        x = x*x - 1
    return x

### while with a counter | 1.5
def f(x):
    k = 0
    s = 0
    while k < 4:
        s = s + x**k
        k = k + 1
    return s

### while that never runs | 1.5
def f(x):
    k = 4
    while k < 4:
        x = 0
        k = k + 1
    return x*k

### while True with break | 1.5
def f(x):
    k = 0
    while True:
        k += 1
        x = x/2 + k
        if k == 5:
            break
    return x

### while with and | 1.5
def f(x):
    k = 0
    a = 10
    while k < 6 and a > 3:
        k += 1
        a = a - 1.5
        x = x*1.1
    return x*k

### while on an input | 5.5; 20.0; 0.5 | loop
def f(x):
    n = 0
    while x > 1:
        x = x/2
        n = n + 1
    return x + n

### Collatz | 7; 27 | loop rough
def f(n):
    s = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3*n + 1
        s = s + n
    return s

### break | 1.5; 10.5; -1.0
def f(x):
    s = 0
    for i in range(6):
        if i > x:
            break
        s += i*x
    return s

### continue | 1.5; 2.5; -1.0
def f(x):
    s = 0
    for i in range(4):
        if i > x:
            continue
        s += i*x
    return s

### break and continue by the counter | 1.5
def f(x):
    s = 0
    for i in range(20):
        if i % 2 == 1:
            continue
        if i > 11:
            break
        s += x**i
    return s

### break and continue by an input | 1.5; 3.5; 0.4; 7.0
def f(x):
    s = 0
    for i in range(5):
        if x > i + 3:
            continue
        if x < i:
            break
        s += (i + 1)*x
    return s*x

### break leaves the inner loop only | 1.5
def f(x):
    s = 0
    for i in range(5):
        for j in range(5):
            if j > i:
                break
            s += i*j*x
        s += x
    return s

### continue goes on with the inner loop | 1.5
def f(x):
    s = 0
    for i in range(4):
        for j in range(4):
            if (i + j) % 2 == 0:
                continue
            s += (10*i + j)*x
    return s

### a flag leaves both loops | 1.5; 3.2
def f(x):
    s = 0
    done = 0
    for i in range(4):
        for j in range(4):
            s += x
            if i*j > x:
                done = 1
                break
        if done == 1:
            break
    return s

### continue in a while | 1.5
def f(x):
    k = 0
    s = 0
    while k < 6:
        k += 1
        if k == 3:
            continue
        s += k*x
    return s

### return inside a loop | 1.5; 0.2; 9.0
def f(x):
    s = 0
    for i in range(5):
        s += x
        if s > 3:
            return s*i
    return -s

### return inside two loops | 2.5; 11.0
def f(x):
    for i in range(3):
        for j in range(3):
            if 3*i + j > x:
                return x*i + j
    return x**2

### a loop in an if | 1.5; -1.5
def f(x):
    y = x
    if x > 0:
        for i in range(3):
            y = y*x + i
    else:
        k = 0
        while k < 2:
            y = y - x*k
            k += 1
    return y

### an if in a loop, by the input | 1.3; 0.4 | swell
def f(x):
    y = x
    for i in range(5):
        if y > 1:
            y = y/2
        else:
            y = y*3
    return y

### a function | 1.5
def square(t):
    return t*t

def f(x):
    return square(x) + square(x + 1)

### functions with the same local names | 1.5
def g(a, b):
    c = a*b
    a = c + 1
    return a

def f(a):
    c = 3
    b = g(c, a)
    return a + b + c

### arguments are evaluated once and in order | 1.5
def put(a, i, x):
    a[i] = a[0]*2 + x
    return a[i]

def g(p, q, r):
    return p + 10*q + 100*r

def f(x):
    a = [x, 0, 0]
    return g(put(a, 1, 1), put(a, 0, 2), put(a, 2, 3)) + a[0] + a[1] + a[2]

### functions that call functions | 0.8
def a(x):
    return b(x)*2

def b(x):
    return c(x) + 1

def c(x):
    return sin(x)

def f(x):
    return a(b(c(x)))

### the order of definitions does not matter | 0.8
def f(x):
    return helper(x) + 1

def helper(x):
    return cos(x)

### a function with several values | 0.8
def both(x):
    return x*2, x**2

def f(x):
    a, b = both(x)
    c = both(x + 1)
    return a*b + c[0] - c[1]

### a function that gives a list | 0.8
def powers(x):
    return [1, x, x*x]

def f(x):
    a = powers(x)
    b = powers(a[1] + a[2])
    return sum(a) + b[2]

### a function that takes a list | 0.8
def polynomial(a, x):
    s = 0
    for c in a:
        s = s*x + c
    return s

def f(x):
    return polynomial([1, 2, 3], x) + polynomial((x, x), 2)

### a function without parameters | 0.8
def half():
    return 1/2

def f(x):
    return half()*x

### recursion with a counter | 1.3
def power(x, n):
    if n == 0:
        return 1
    return x*power(x, n - 1)

def f(x):
    return power(x, 7)

### power by squaring | 1.1
def power(x, n):
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    if n % 2 == 0:
        return half*half
    return half*half*x

def f(x):
    return power(x, 13)

### factorial | 1.1
def factorial(n):
    return 1 if n < 2 else n*factorial(n - 1)

def f(x):
    return x*factorial(10)

### Fibonacci | 1.0, 1.5
def fibonacci(n, a, b):
    if n == 0:
        return a
    if n == 1:
        return b
    return fibonacci(n - 1, a, b) + fibonacci(n - 2, a, b)

def f(a, b):
    return fibonacci(9, a, b)

### Ackermann | 1.5
def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))

def f(x):
    return x*ackermann(2, 2)

### even and odd call each other | 1.5
def even(n, x):
    if n == 0:
        return x
    return odd(n - 1, x*2)

def odd(n, x):
    if n == 0:
        return -x
    return even(n - 1, x + 1)

def f(x):
    return even(5, x) + even(4, x)

### recursion on an input | 5.5; 0.5 | loop
def f(x):
    if x < 1:
        return x*x
    return f(x - 1) + x

### recursion of the differentiated function | 1.5, 4; 1.5, 0 | rough loop
def f(x, n):
    if n == 0:
        return 1.0
    return x*f(x, n - 1)

### list items | 1.5
def f(x):
    a = [x, 2*x, 3]
    a[0] = a[1]*a[2]
    a[1] += 5
    a[2] *= x
    return a[0] + a[1]*a[2]

### negative indices | 1.5
def f(x):
    a = [x, 2*x, 3*x]
    a[-1] = a[-2]**2
    a[-3] += 1
    return a[0] + 10*a[1] + 100*a[2] + a[-len(a)]

### two names for one list | 1.5
def f(x):
    a = [x, 2]
    b = a
    b[0] = 7*x
    b[1] += x
    return a[0] + 10*a[1]

### a rebound name leaves the list alone | 1.5
def f(x):
    a = [x, 2]
    b = a
    b = [x*x, 3]
    b[0] = 0
    return a[0] + 10*a[1] + b[1]

### a list changed by a function | 1.5
def double(a, n):
    for i in range(n):
        a[i] = a[i]*2
    return 0

def f(x):
    a = [x, x*x, 1]
    nothing = double(a, 2)
    return a[0] + a[1] + a[2]

### a parameter rebound in a function | 1.5
def g(a):
    a = [0, 0]
    a[0] = 5
    return a[0]

def f(x):
    a = [x, x]
    return g(a) + a[0]

### lists inside lists | 1.5
def f(x):
    a = [[x, 1], [2, x*x]]
    row = a[1]
    row[0] = x + 7
    return a[0][0]*a[1][1] - a[0][1]*a[1][0]

### an inner list twice | 1.5
def f(x):
    row = [x, 2]
    a = [row, row]
    first = a[0]
    first[1] = x*x
    return a[1][1] + a[0][0]

### a list repeated | 1.5
def f(x):
    a = [x]*3
    b = 2*[1, x]
    a[1] = 5
    return a[0] + 10*a[1] + 100*a[2] + b[3]*len(b)

### a list repeated shares its inner lists | 1.5
def f(x):
    a = [[x, 1]]*2
    row = a[0]
    row[1] = 9
    return a[1][1] + a[1][0]

### a comprehension repeated | 1.5
def f(x):
    a = [i*x for i in range(3)]*2
    return a[4] + len(a)

### items of inner lists | 1.5, 0.5
def f(x, y):
    a = [[x, 1.0, 2.0], [0.5, y, 1.0], [1.0, -1.0, x*y]]
    d = 1.0
    for k in range(3):
        d *= a[k][k]
        for i in range(k + 1, 3):
            m = a[i][k]/a[k][k]
            for j in range(k, 3):
                a[i][j] -= m*a[k][j]
    return d

### inner lists three deep, and a row that has a name | 1.5
def f(x):
    row = [[[x, 2], [3]], [[4]]]
    row[0][0][1] = x*x
    row[0][1][0] += row[0][0][1]
    row[1].append(x)
    return row[0][1][0]*row[1][1]

### items and names that exchange their values | 1.5, 0.5
def f(x, y):
    a, new = [x, y, x*y], 2.0
    a[0], a[2] = a[2], a[0]
    new, a[1] = a[1], new
    i = 0
    i, a[i] = 1, 7.0
    return a[0] + 10*a[1]*a[2] + new*i

### rows that change places | 1.5
def f(x):
    a = [[x, 1], [2, x*x]]
    a[0], a[1] = a[1], a[0]
    return a[0][0]*10 + a[1][0]

### names that have their value outside | 1.5
G = 9.81
g = 2
half = G/2
data: list = [1.0, 2.0, half]
unused = 3
def weight(m):
    return m*G*g
def f(x):
    g = x
    s = 0
    for d in data:
        s += d*g
    return s + weight(g)

### parameters with a value, and arguments with a name | 1.5
def g(x, a=2, b=-3.0, c=1e-1):
    return a*x + b*x*x + c
def f(x, tol=1e-3):
    return g(x) + 10*g(x, 1) + 100*g(x, b=2) + 1000*g(c=1, x=x) + g(x, 1, 2, tol)

### parts of lists | 1.5, 0.5
def f(x, y):
    a = [x, y, x*y, 2.0, 3.0]
    n = len(a)
    b = a[1:]
    c = a[:-1]
    s = 0
    for k in range(-7, 8):
        for v in a[k:]:
            s += v*(k + 8)
        for v in a[:k]:
            s -= v*(k + 9)
    for v in a[-2:9]:
        s += v
    for v in a[::2]:
        s += 3*v
    for v in a[n - 2:n]:
        s += 5*v
    return s + b[0]*c[-1] + a[::-1][0] + len(a[3:1])

### backwards | 1.5
def f(x):
    p = 0
    a = [x, 2, 3]
    for i in reversed(range(3)):
        p = p*x + i
    for v in reversed(a):
        p = p*x + v
    for v in reversed([1, x]):
        p = p*x + v
    for i in reversed(range(1, 4)):
        p += x**i
    return p

### conditions that are kept, and lists that are looked through | 4.0; -2.5
a, b = 1.5, 2
def f(x):
    import math
    big = x > 3
    odd = big and not x < 0
    s = 0
    for i in range(6):
        if i in [1, 3, 5] and i not in [3]:
            s += a*x**i
        if i in []:
            s = 0
    if big or odd:
        s *= b
    return s + 10*big + odd

### flags | 10.0; 0.7 | loop
def f(x):
    found = False
    i = 0
    while not found:
        x = x/2
        i += 1
        if x < 1:
            found = True
        if i % 2:
            x += 0.1
    while 1:
        if found and i:
            break
    return x*i

### functions given to functions | 1.5, 0.7
def newton(f, df, x, steps=4):
    for i in range(steps):
        x = x - f(x)/df(x)
    return x
def mean(f, a, b, n=8):
    h = (b - a)/n
    return sum(f(a + (i + 0.5)*h) for i in range(n))/n
def square(x):
    return x*x
def twice(f, x):
    return f(f(x))
def solve(f, x):
    return twice(f, x) + mean(b=2, a=x, f=f)
def f(a, b):
    root = newton(lambda x: x**3 - a*x - b, lambda x: 3*x*x - a, 2.0)
    return root + solve(square, a) + solve(lambda x: x*b, b) + mean(square, 0, b)

### a function that is given to one that calls itself | 1.5
def again(f, x, n):
    if n == 0:
        return x
    return again(f, f(x), n - 1)
def step(x):
    return x/2 + 1/x
def f(x):
    return again(step, x, 2)

### what a lambda has from around it has another name inside | 1.5, 0.7
def apply(f, a):
    b = 3*a
    return f(b) + a
def f(a, b):
    return apply(lambda x: x*a + b, b*2)

### sums with several for, and with an if | 1.5, -2.0
def f(x, y):
    a = [[x, y], [2, x*y]]
    s = sum(a[i][j]*(i + 1) for i in range(2) for j in range(2))
    s += sum([v*v for row in a for v in row if v > 0 if v < 10])
    s += sum(i*j*x for i in range(4) if i % 2 for j in range(i))
    return s + prod(v for v in [x, y, 3] if v > 0)

### lists that are joined | 1.5
def f(x):
    a = [x]
    b = a
    a = a + [2, x*x]
    b += [len(b), len(b)]
    c = [7] + [x]
    b.extend([4*x])
    d = [[x]]
    d[0] += [3]
    e = [i*x for i in range(2)] + [5]
    return sum(a) + 10*sum(b) + 100*len(a) + 1000*len(b) + c[1] + sum(d[0]) + sum(e)

### len | 1.5
def f(x):
    a = [x]*4
    return len(a)*x + len([1, 2]) + len([])

### a comprehension | 1.5
def f(x):
    a = [x**i for i in range(4)]
    return a[0] + 2*a[1] + 3*a[2] + 4*a[3]

### the variable of a comprehension is its own | 1.5
def f(x):
    i = 10*x
    a = [i*i for i in range(4)]
    return i + a[3]

### the list of a comprehension is the outer one's | 1.5
def f(x):
    i = 3
    a = [i*x for i in [i, i + 1, i + 2]]
    return sum(a) + i

### comprehensions inside each other | 1.5
def f(x):
    a = [[i*j*x for j in range(3)] for i in range(3)]
    b = [sum([i*x for i in range(i)]) for i in range(5)]
    c = [[i for i in range(i + 1)] for i in range(3)]
    return a[2][1] + b[4] + c[2][2]

### a comprehension with a condition inside its value | 1.5
def f(x):
    a = [x if i % 2 == 0 else -x for i in range(5)]
    b = [x if x > i else i for i in range(4)]
    return sum(a) + sum(b)

### a comprehension that calls a function | 1.5
def g(i, x):
    if i == 0:
        return x
    return g(i - 1, x)*i

def f(x):
    return sum([g(i, x) for i in range(5)])

### sum, min, max of lists | 1.5, 0.5
def f(x, y):
    a = [x, y, x*y, 0.1]
    return sum(a) + 10*min(a) + 100*max(a) + sum([])

### min and max of several | 1.5, 0.5
def f(x, y):
    return min(x, y) + 10*max(x, y, 1) + 100*min(x, y, x*y, 5)

### sums of generators | 1.5
def f(x):
    s = sum(x**i for i in range(5))
    p = prod(x + i for i in range(1, 4))
    return s*p + max(i*x for i in [1, 5, 2])

### sum of a range | 1.5
def f(x):
    return sum(range(5))*x + sum(range(2, 9, 3))

### elementary functions | 0.4
def f(x):
    a = sin(x) + cos(x)*tan(x) - asin(x) + acos(x)/atan(x)
    b = sinh(x) - cosh(x)*tanh(x) + asinh(x) + acosh(1 + x) + atanh(x)
    c = exp(x) + expm1(x)*log(x) + log1p(x) + log2(x)*log10(x) + log(x, 3)
    return a*b + c*sqrt(x) + erf(x)*hypot(x, 2) + atan2(x, 3)

### math's names | 0.4
import math

def f(x):
    return math.sin(x) + math.pi*x + math.e + math.log(x, 2) + math.pow(x, 2) + math.fabs(-x)

### from math | 0.4
from math import sin, cos as cosine, pi

def f(x):
    return sin(x) + pi

### steps | 0.4; -0.4; 2.6
def f(x):
    return abs(x) + 10*floor(x) + 100*ceil(x) + x

### absolute value by an if, in a loop | 1.4; -2.4
def f(x):
    s = 0
    for i in range(4):
        t = x - i + 1.5
        if t < 0:
            t = -t
        s += t
    return s

### absolute values, in a loop | 1.4; -2.4
def f(x):
    s = 0
    for i in range(4):
        s += abs(x - i + 1.5)
    return s

### docstrings, comments, pass | 1.4
"""What this is: (a file's docstring, with brackets, 1234567890)."""
import math  # not needed

# a comment: for the reader (

def f(x):  # another
    """What it does; “quotes” and é."""
    # nothing yet
    pass
    "a text that stands alone"
    if x > 0:
        pass
    return x  # the end

### type hints | 1.4
def f(x: float) -> float:
    y: float = x*x
    return y

### several statements in a line | 1.4
def f(x): a = x; b = a*a; return a + b

### lines that go on | 1.4
def f(x,
      ):
    a = (x +
         1) \
        * 2
    b = [
        x,
        2,
    ]
    return a + b[1]

### empty lines and deep indentation | 1.4
def f(x):

      if x > 0:

               x = x + 1

      return x


### numbers | 1.4
def f(x):
    return 1_000*x + .5 + 1. + 1e-3 + 2E2 + 0x10 + 0b11 + 0o7

### Greek names | 1.4, 0.2
def f(θ, λ):
    α = θ*λ
    return sin(α) + λ

### names that hide functions | 1.4
def f(x):
    sign = 1
    sum = 0
    for k in range(6):
        sum += sign*x**k/(k + 1)
        sign = -sign
    max = sum
    return max

### constants and a name that hides one | 1.4
def f(x):
    e = x*2
    return e + pi

### a name used before in another function | 1.4
def g(x):
    y = x
    return y

def f(x):
    if x > 0:
        y = 3*x
    else:
        y = 4
    return g(y)

### set on both ways | 1.4; -1.4
def f(x):
    if x > 0:
        a = x
        b = 1
    else:
        b = 2
        a = -x
    return a*b

### set before the early return | 1.4; -1.4
def f(x):
    if x > 0:
        a = x
    else:
        return 7*x
    return a*a

### set in a loop that always runs | 1.4
def f(x):
    for i in range(3):
        a = x*i
    return a

### set in one way and never read in the other | 1.4; -1.4 | open
def f(x):
    if x > 0:
        a = x
    y = 1
    if x > 0:
        y = a*a
    return y*x

### Heron's square root | 2.0; 0.3
def f(x):
    t = (1 + x)/2
    for i in range(5):
        t = (t + x/t)/2
    return t

### Heron's square root to a tolerance | 2.0; 300.0; 1.0 | loop
def f(x):
    t = 1.0
    while abs(t*t - x) > 1e-12*x:
        t = (t + x/t)/2
    return t

### Newton's method | 2.0; 5.0 | swell
def g(t, a):
    return t*exp(t) - a

def slope(t):
    return (1 + t)*exp(t)

def f(a):
    t = 1.0
    for i in range(8):
        t = t - g(t, a)/slope(t)
    return t

### Horner | 1.2
def f(x):
    a = [2, -6, 2, -1]
    y = a[0]
    for i in range(1, len(a)):
        y = y*x + a[i]
    return y

### bisection | 2.3 | rough swell
def f(a):
    low = 0.0
    high = a + 1
    for i in range(20):
        middle = (low + high)/2
        if middle*middle < a:
            low = middle
        else:
            high = middle
    return (low + high)/2

### logistic map | 0.3, 3.7
def f(x, r):
    for i in range(8):
        x = r*x*(1 - x)
    return x

### Simpson's rule | 0.5, 2.0
def g(t):
    return exp(-t*t)

def f(a, b):
    n = 10
    h = (b - a)/n
    s = g(a) + g(b)
    for i in range(1, n):
        if i % 2 == 1:
            s += 4*g(a + i*h)
        else:
            s += 2*g(a + i*h)
    return s*h/3

### Euler's method | 0.7
def f(k):
    y = 1.0
    h = 0.1
    for i in range(10):
        y += h*(-k*y)
    return y

### Runge-Kutta | 0.7, 1.2 | swell
def rhs(t, y, k):
    return -k*y + sin(t)

def f(k, y):
    h = 0.25
    t = 0
    for i in range(4):
        k1 = rhs(t, y, k)
        k2 = rhs(t + h/2, y + h/2*k1, k)
        k3 = rhs(t + h/2, y + h/2*k2, k)
        k4 = rhs(t + h, y + h*k3, k)
        y = y + h/6*(k1 + 2*k2 + 2*k3 + k4)
        t += h
    return y

### predator and prey | 1.0, 0.5
def f(u, v):
    for i in range(6):
        u, v = u + 0.1*(u - u*v), v + 0.1*(u*v - v)
    return u, v

### gradient descent | 0.5, 0.1
def f(x, rate):
    for i in range(6):
        x = x - rate*(4*x**3 - 2*x)
    return x**4 - x**2

### arithmetic-geometric mean | 1.0, 2.0
def f(a, b):
    for i in range(5):
        a, b = (a + b)/2, sqrt(a*b)
    return a

### a series | 0.4
def f(x):
    term = x
    s = x
    k = 1
    while k < 10:
        term = -term*x*x/((2*k)*(2*k + 1))
        s += term
        k += 1
    return s

### Gaussian elimination | 3.0, 2.5
def f(p, q):
    a = [[p, 1, 2], [1, q, 3], [2, 1, 4]]
    b = [1, p*q, 3]
    for k in range(3):
        for i in range(k + 1, 3):
            m = a[i][k]/a[k][k]
            row = a[i]
            for j in range(3):
                row[j] -= m*a[k][j]
            b[i] -= m*b[k]
    x = [0]*3
    for k in range(2, -1, -1):
        s = b[k]
        for j in range(k + 1, 3):
            s -= a[k][j]*x[j]
        x[k] = s/a[k][k]
    return x[0], x[1], x[2]

### a sorting network | 3.0, 1.0, 2.0
def f(x, y, z):
    a = [x, y, z]
    for i in range(3):
        for j in range(2 - i):
            if a[j] > a[j + 1]:
                t = a[j]
                a[j] = a[j + 1]
                a[j + 1] = t
    return a[0] + 10*a[1] + 100*a[2]

### a heat equation | 0.3, 1.0
def f(k, left):
    u = [0.0]*6
    u[0] = left
    for step in range(4):
        new = [v for v in u]
        for i in range(1, 5):
            new[i] = u[i] + k*(u[i - 1] - 2*u[i] + u[i + 1])
        u = new
    return u[1], u[3]

### a neural network | 0.3, -0.8
def layer(w, b, x):
    return [tanh(w[i][0]*x[0] + w[i][1]*x[1] + b[i]) for i in range(2)]

def f(x, y):
    h = layer([[0.1, 0.4], [-0.7, 0.2]], [0.1, -0.2], [x, y])
    h = layer([[0.5, -0.4], [0.3, 0.9]], [0, 0.3], h)
    return h[0]*h[1]

### ReLU by an if | 0.3; -0.8
def relu(t):
    return t if t > 0 else 0.0

def f(x):
    return relu(x) - relu(-x) + relu(x - 0.1)

### Chebyshev polynomials | 0.3
def chebyshev(n, x):
    if n == 0:
        return 1
    if n == 1:
        return x
    return 2*x*chebyshev(n - 1, x) - chebyshev(n - 2, x)

def f(x):
    return chebyshev(6, x)

### a continued fraction | 1.4
def fraction(x, n):
    return x if n == 0 else x + 1/fraction(x, n - 1)

def f(x):
    return fraction(x, 8)

### the greatest common divisor | 48, 18; 7, 13 | loop rough
def f(a, b):
    while b != 0:
        a, b = b, a % b
    return a

### primes by trial | 1.5
def f(x):
    s = 0
    for n in range(2, 30):
        prime = 1
        for d in range(2, n):
            if d*d > n:
                break
            if n % d == 0:
                prime = 0
                break
        if prime == 1:
            s += x/n
    return s

### a count from an input | 1.5, 4; 1.5, 0 | loop rough
def f(x, n):
    s = 1
    for i in range(n):
        s *= x
    return s

### an index from an input | 1.5, 1; 1.5, -1 | loop rough
def f(x, k):
    a = [x, x*x, x**3]
    return a[k]

### an index from a comparison | 1.5; -1.5 | loop
def f(x):
    a = [x, x*x, x**3]
    k = 0
    while k < 2 and x > k:
        k += 1
    return a[k]

### an augmented item is found once | 1.5
def step(a):
    a[0] = a[0] + 1
    return 1

def f(x):
    a = [0, x]
    a[step(a)] += 2*x
    a[step(a)] *= a[0]
    return a[0] + 10*a[1]

### an item gets its value before its place is found | 1.5
def step(a, i, x):
    a[i] = x
    return x

def f(x):
    a = [1, 2, x]
    a[a[0]] = step(a, 0, 2)*x
    return a[0] + 10*a[1] + 100*a[2]

### left before right | 1.5
def step(a, x):
    a[0] = a[0]*2 + x
    return a[0]

def f(x):
    a = [x]
    s = step(a, 1) - step(a, 2)*step(a, 3)
    t = a[0] + step(a, 4)
    p, q = step(a, 5), a[0]
    u = [step(a, 6), a[0], step(a, 7)]
    return s + t*p - q + u[0]*u[1] - u[2]

### a list in a side of an if, and its other name | 1.5; -1.5
def f(x):
    a = [1.0, 2.0]
    b = a
    if x > 0:
        b[0] = x
    else:
        a[1] = x*x
    return a[0] + 10*b[1] + 100*b[0]

### a list changed under a condition in a function | 1.5; -1.5
def change(a, x):
    if x > 0:
        a[0] = 5.0
        return x
    a[1] = 7.0
    return x*x

def f(x):
    a = [1.0, 2.0]
    y = change(a, x)
    return a[0]*x + a[1]*y

### a list under a condition while it is looped over | 1.5; -1.5
def f(x):
    a = [x, 1, 2]
    s = 0
    for c in a:
        if x > 0:
            a[1] = 5
            if c > 1:
                a[2] = x
        s = 3*s + c
    return s

### lists made under a condition | 1.5; -1.5
def f(x):
    if x > 0:
        a = [x, 1]
        b = a
    else:
        a = [1, x]
        b = a
    b[0] += 2
    return a[0] + 10*a[1]

### a loop with a condition that changes a list | 1.5; 0.2; -3.0
def f(x):
    a = [x, x - 1, x + 1]
    for i in range(3):
        if a[i] < 0:
            continue
        a[i] = a[i]**2
        if a[i] > 5:
            break
    return a[0] + 2*a[1] + 3*a[2]

### where and piecewise | 1.5; -1.5
def f(x):
    return where(x > 0, x, x*x) + piecewise(x < 0, x, x < 1, 2*x, 3*x) + clip(x, -1, 1)

### a long chain of sums | 1.5
def f(x):
    return x + x*2 + x*3 - x/2 + 1 - 2 + x*x*x/x*2 - (x + 1 - (x - 2))
'''


@dataclass(frozen=True)
class Algorithm:
    """A text of the subset and the points at which it is run; see the module's docstring for the words."""

    name: str
    text: str
    points: tuple[tuple[float, ...], ...]
    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def _read(block: str) -> Algorithm:
    head, _, text = block.partition("\n")
    name, points, words = (*(part.strip() for part in head.split("|")), "")[:3]
    read = tuple(ast.literal_eval(f"({point},)") if point.strip() else () for point in points.split(";"))
    return Algorithm(name, text.strip("\n") + "\n", read, tuple(words.split()))


ALGORITHMS = [_read(block) for block in _TEXT.split("\n### ")[1:]]
